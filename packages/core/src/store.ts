/**
 * What a store offers (DESIGN section 3): Log, Map and Blobs, and nothing else. Engines implement it,
 * one behaviour suite (`@packetboat/core/testing`) holds every engine to it.
 *
 * Outcomes that callers plan for are values. A rejected promise is a {@linkcode PacketboatError}:
 * `busy`, `diskFull`, `storeFailed`, `damaged`, `dataLossDetected`, `stopping`, `badName` or a limit.
 */
import type { AppendRefusal } from './append.ts';
import type { Batch } from './batch.ts';

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

export interface CreateOptions {
  /** @default 'application/octet-stream' */
  readonly contentType?: string;
  /** @default keep everything */
  readonly retention?: Retention;
}

/** What is known of a stream. */
export interface StreamInfo {
  readonly stream: string;
  readonly incarnation: string;
  readonly contentType: string;
  readonly createdNs: bigint;
  readonly retention: Retention;
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

export type CreateOutcome = { readonly kind: 'created' | 'exists'; readonly info: StreamInfo };

/** One append: one batch to one stream. */
export interface AppendRequest {
  readonly stream: string;
  /** Validated by the caller with `openBatch`. Not modified, and not to be modified until the append settles. */
  readonly batch: Batch;
  readonly incarnation?: string | undefined;
  readonly contentType?: string | undefined;
  readonly streamSeq?: string | undefined;
  readonly expectedOffset?: number | undefined;
  /** Idempotency key of a door without sequences; kept as long as the stream exists. */
  readonly key?: string | undefined;
  /** Create the stream with these options if its name was never used; a refused append creates nothing. */
  readonly create?: CreateOptions | undefined;
}

export type AppendOutcome =
  | {
      readonly kind: 'appended';
      readonly incarnation: string;
      /** Offset of the batch's first record. */
      readonly offset: number;
      /** The segment end that the commit reached. */
      readonly proof: Proof;
    }
  | {
      readonly kind: 'duplicate';
      readonly incarnation: string;
      /** The first append's offset while it is remembered. */
      readonly offset: number | undefined;
      readonly proof: Proof;
    }
  | { readonly kind: 'refused'; readonly code: AppendRefusal; readonly message: string };

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
  | { readonly kind: 'notFound' | 'gone' };

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
  info(stream: string): Promise<StreamInfo | 'notFound' | 'gone'>;
  /** Streams whose name begins with `prefix`, by name, after `after`, at most `limit`. */
  list(prefix: string, after: string | undefined, limit: number): Promise<StreamInfo[]>;
  /** What the stream remembers of a producer. */
  producer(stream: string, id: string): Promise<{ readonly epoch: number; readonly sequence: number } | undefined>;
  /** Makes the stream final. Closing a closed stream is no error. */
  close(stream: string): Promise<StreamInfo | 'notFound' | 'gone'>;
  /**
   * Deletes the stream; its name answers `gone` until it is created again, with a new incarnation. The name is
   * remembered and counts for `streamsMax`.
   */
  delete(stream: string): Promise<'deleted' | 'notFound' | 'gone'>;
  /** Drops whole segments that end at or before `before`. */
  trim(stream: string, before: number): Promise<StreamInfo | 'notFound' | 'gone'>;
  /** Accepts that a tail was lost (F15): writes are taken again. */
  acceptLoss(stream: string): Promise<StreamInfo | 'notFound' | 'gone'>;
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
