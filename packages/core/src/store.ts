/**
 * What a store offers (DESIGN section 3): Log, Map and Blobs, and nothing else. Engines implement it,
 * one behaviour suite (`@packetboat/core/testing`) holds every engine to it.
 *
 * Outcomes that callers plan for are values. A rejected promise is a {@linkcode PacketboatError}:
 * `busy`, `diskFull`, `storeFailed`, `damaged`, `dataLossDetected`, `stopping`, `badName` or a limit.
 */
import type { AppendRefusal } from './append.ts';
import type { Batch } from './batch.ts';
import type { CommitHistograms } from './commit_meter.ts';

/** How safe an acknowledged append is (P1), weakest first. */
export type Durability = 'memory' | 'replicated' | 'disk';

/**
 * Proof that a stream reached `offset` with `checksum` in this store, authenticated by the store's key.
 * (offset, checksum) is always a segment's end.
 */
export interface Proof {
  readonly storeId: string;
  readonly stream: string;
  readonly incarnation: string;
  /** Number of records up to here. */
  readonly offset: number;
  /** Running checksum up to here: CRC-32 over all payload bytes. */
  readonly checksum: number;
  readonly durability: Durability;
  /** HMAC-SHA-256 over the fields above, base64url. */
  readonly mac: string;
}

/** Retention of a stream. Absent fields do not limit. */
export interface Retention {
  /** Segments whose newest record was stored longer ago than this may be trimmed. */
  readonly ageMsMax?: number;
  /** Oldest segments are trimmed while the stream holds more payload bytes than this; the newest always stays. */
  readonly bytesMax?: number;
}

/** Where a fork leaves its source (Durable Streams protocol, section 4.2). */
export interface ForkPoint {
  /** Name of the source, which may be a fork itself. */
  readonly stream: string;
  /** The fork inherits the records before it. @default the source's tail */
  readonly offset?: number;
  /**
   * Inherits this much more of what one append stored at `offset`: records of an `application/json` stream, payload
   * bytes of any other. @default 0
   */
  readonly subOffset?: number;
}

/** How long a stream lives. Absent fields do not limit; at most one is given. */
export interface Lifetime {
  /**
   * The stream expires when nobody has read or written it for so long. It may expire late, never early: clocks that are
   * set change nothing, and time in which the store is closed does not count.
   */
  readonly ttlMs?: number;
  /** The stream expires then: milliseconds since the Unix epoch. */
  readonly expiresAtMs?: number;
}

export interface CreateOptions {
  /** @default that of the source for a fork, else 'application/octet-stream' */
  readonly contentType?: string;
  /** @default keep everything */
  readonly retention?: Retention;
  /** @default that of the source for a fork, else for ever */
  readonly lifetime?: Lifetime;
  /** Makes a fork: the stream begins with what its source holds, which is not copied. */
  readonly fork?: ForkPoint;
  /**
   * The first records, without a producer, stored by the same commit and only if the stream is created. A batch that
   * closes makes it final.
   */
  readonly first?: Batch;
}

/** What is known of a stream. */
export interface StreamInfo {
  readonly stream: string;
  readonly incarnation: string;
  /** Shared by a fork and its source, new for every other incarnation: offsets of one lineage fit together. */
  readonly lineage: string;
  readonly contentType: string;
  readonly createdNs: bigint;
  readonly retention: Retention;
  readonly lifetime: Lifetime;
  /** Of which stream it is a fork, as it was asked for, with the offset that was meant. */
  readonly fork: Required<ForkPoint> | undefined;
  readonly closed: boolean;
  /** Offset of the first retained record, and the running checksum there. */
  readonly first: number;
  readonly firstChecksum: number;
  /** Offset the next record gets, and the running checksum there. */
  readonly tail: number;
  readonly checksum: number;
  /** Bytes of the retained batches. */
  readonly bytes: number;
  /** Set when a committed tail vanished (F15): reads go on, writes are refused until the loss is accepted. */
  readonly loss: { readonly tail: number; readonly checksum: number } | undefined;
}

/** Why there is no such stream. `softDeleted`: deleted, but forks still read it; its name is not free yet. */
export type Absence = 'notFound' | 'gone' | 'softDeleted';

/** Why a fork is not made. Each is an error code of the same name. */
export type ForkRefusal = 'forkSourceNotFound' | 'forkSourceDeleted' | 'forkOffsetInvalid' | 'contentTypeMismatch';

export type CreateOutcome =
  | { readonly kind: 'created' | 'exists'; readonly info: StreamInfo }
  /** `exists`: the name belongs to a stream that was deleted and that forks still read. */
  | { readonly kind: 'refused'; readonly code: ForkRefusal | 'exists'; readonly message: string };

/** One append: one batch to one stream. */
export interface AppendRequest {
  readonly stream: string;
  /** Validated by the caller with `openBatch`. Not modified, and not to be modified until the append settles. */
  readonly batch: Batch;
  readonly incarnation?: string | undefined;
  /**
   * CRC of the batch that the writer sent before this one in the same epoch, without waiting for its outcome: refused as
   * `sequenceReused` where another one stands in its place. @default not looked at
   */
  readonly afterCrc?: number | undefined;
  readonly contentType?: string | undefined;
  readonly streamSeq?: string | undefined;
  readonly expectedOffset?: number | undefined;
  /** Idempotency key of a door without sequences. */
  readonly key?: string | undefined;
  /** How long the key is remembered, at least; counted like `Lifetime.ttlMs`. @default as long as the stream exists */
  readonly keyMs?: number | undefined;
  /** Create the stream with these options if its name was never used; a refused append creates nothing. */
  readonly create?: CreateOptions | undefined;
}

export type AppendOutcome =
  | {
      readonly kind: 'appended';
      readonly incarnation: string;
      readonly lineage: string;
      /** Offset of the batch's first record. */
      readonly offset: number;
      /** The segment end that the commit reached. */
      readonly proof: Proof;
    }
  | {
      readonly kind: 'duplicate';
      readonly incarnation: string;
      readonly lineage: string;
      /** The first append's offset while it is remembered. */
      readonly offset: number | undefined;
      readonly proof: Proof;
    }
  | { readonly kind: 'refused'; readonly code: AppendRefusal | ForkRefusal; readonly message: string };

/** The batches one commit stored for one stream: what fan-out sends and reads return. */
export interface Segment {
  readonly stream: string;
  readonly incarnation: string;
  /** Offset of the first record. */
  readonly base: number;
  /** Number of records. */
  readonly count: number;
  /** Running checksum before the first and after the last record. */
  readonly checksumBefore: number;
  readonly checksumAfter: number;
  /** The sealed batches, side by side. */
  readonly bytes: Uint8Array;
  /** Whether the stream is closed after this segment. */
  readonly close: boolean;
}

export type ReadOutcome =
  | {
      readonly kind: 'segments';
      /** Consecutive; the first holds `from` (or begins there); empty at the tail. */
      readonly segments: readonly Segment[];
      readonly info: StreamInfo;
    }
  /** `from` lies before the first retained record. */
  | { readonly kind: 'trimmed'; readonly info: StreamInfo }
  /** `from` lies past the tail. */
  | { readonly kind: 'ahead'; readonly info: StreamInfo }
  | { readonly kind: Absence };

/** Told of every commit, in commit order, before the appends of that commit settle. */
export interface LogListener {
  /** Called once per stored segment; `Log.close` stores one without records. Must not throw. */
  segment(segment: Segment): void;
  /** A stream lost its oldest records to a trim or retention. */
  trimmed(info: StreamInfo): void;
  /** An incarnation ended: its stream was deleted, or its loss was accepted. */
  deleted(stream: string, incarnation: string): void;
}

/** Durable streams. */
export interface Log {
  create(stream: string, options?: CreateOptions): Promise<CreateOutcome>;
  append(request: AppendRequest): Promise<AppendOutcome>;
  /** Reads whole segments from the one that holds `from`; at most `bytesMax` bytes but at least one segment. */
  read(stream: string, from: number, bytesMax: number): Promise<ReadOutcome>;
  info(stream: string): Promise<StreamInfo | Absence>;
  /** Streams whose name begins with `prefix`, by name, after `after`, at most `limit`. */
  list(prefix: string, after: string | undefined, limit: number): Promise<StreamInfo[]>;
  /** What the stream remembers of a producer. */
  producer(stream: string, id: string): Promise<{ readonly epoch: number; readonly sequence: number } | undefined>;
  /** Makes the stream final. Closing a closed stream is no error. */
  close(stream: string): Promise<StreamInfo | Absence>;
  /**
   * Deletes the stream; its name answers `gone` until it is created again, with a new incarnation. The name is
   * remembered and counts for `streamsMax`. While forks read the stream it answers `softDeleted` instead, keeps its
   * data for them, and cannot be created again; the deletion of the last fork completes its own.
   */
  delete(stream: string): Promise<'deleted' | Absence>;
  /** Somebody reads: a stream with `ttlMs` lives on. Appends do this by themselves. */
  touch(stream: string): void;
  /** Offset of the first record that was stored at `timeNs` or later, by segments; the tail when there is none. */
  offsetAtTime(stream: string, timeNs: bigint): Promise<number | Absence>;
  /** Drops whole segments that end at or before `before`. */
  trim(stream: string, before: number): Promise<StreamInfo | Absence>;
  /** Accepts that a tail was lost (F15): writes are taken again. */
  acceptLoss(stream: string): Promise<StreamInfo | Absence>;
  /**
   * Compares a client's proof with the store. `lost`: the proof is authentic and ahead of the stream, which is
   * now frozen as by `dataLossDetected`. `wrongStore`: it proves nothing here and freezes nothing (F15).
   */
  witness(proof: Proof): Promise<'consistent' | 'lost' | 'wrongStore'>;
  /** Sets who is told of commits; one listener. */
  listen(listener: LogListener): void;
}

/** A value of the Map. Revisions grow over the whole store and are never used again. */
export interface MapEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
}

export type PutOutcome =
  | { readonly kind: 'put'; readonly revision: number }
  | { readonly kind: 'revisionConflict'; readonly revision: number | undefined };

/** Small values by key. */
export interface KeyValueMap {
  get(key: string): Promise<MapEntry | undefined>;
  /** `expected`: the revision the key must have, or `'absent'`; without it the put is unconditional. */
  put(key: string, value: Uint8Array, expected?: number | 'absent'): Promise<PutOutcome>;
  list(prefix: string, after: string | undefined, limit: number): Promise<MapEntry[]>;
  delete(key: string, expected?: number): Promise<'deleted' | 'notFound' | 'revisionConflict'>;
}

/** Immutable bytes named by their SHA-256 (lower-case hex). */
export interface Blobs {
  /** Stores `body` durably and returns its name. Storing the same bytes again is no error. */
  put(body: AsyncIterable<Uint8Array>): Promise<{ readonly sha256: string; readonly bytes: number }>;
  stat(sha256: string): Promise<{ readonly bytes: number } | undefined>;
  /** Bytes `from` … `to` (exclusive). Rejects with `notFound`, `offsetOutOfRange` or `damaged`. */
  read(sha256: string, from: number, to: number): AsyncIterable<Uint8Array>;
  delete(sha256: string): Promise<'deleted' | 'notFound'>;
}

/** Counters and state for /readyz and /metrics. Times in milliseconds, sizes in bytes; counters since the start. */
export interface StoreHealth {
  /** `full`: no room, appends answer `diskFull`. `failed`: fail-stop (P8), see `reason`. */
  readonly state: 'ready' | 'full' | 'failed' | 'closed';
  readonly reason: string | undefined;
  readonly commits: number;
  readonly syncs: number;
  readonly appendedBatches: number;
  readonly appendedBytes: number;
  /** Appends waiting for their commit. */
  readonly queuedBytes: number;
  readonly lastCommitMs: number;
  /** One value from every commit since the start. */
  readonly perCommit: CommitHistograms;
  readonly walBytes: number;
  readonly streams: number;
  /** Streams with a detected loss, and rows found damaged so far. */
  readonly losses: number;
  readonly damagedRows: number;
}

/** A store: what an engine package opens and a server is given. */
export interface Store {
  /** Changes when a backup is restored. */
  readonly id: string;
  /** Whether other servers may use it at the same time. @default false */
  readonly shared?: boolean;
  readonly durability: Durability;
  readonly log: Log;
  readonly map: KeyValueMap;
  readonly blobs: Blobs;
  health(): StoreHealth;
  /** Settles when the store has stopped for good because a write or sync failed or is uncertain (P8). */
  readonly failed: Promise<Error>;
  /** Finishes what is queued, checkpoints, and lets go of the folder. Later calls reject with `stopping`. */
  close(): Promise<void>;
}
