import type {
  Absence,
  Batch,
  Crc32,
  ForkPoint,
  Lifetime,
  Proof,
  Retention,
  StreamInfo,
  StreamState,
} from '@packetboat/core';
import { decodeJson, encodeJson } from './json_row.ts';

/** A place between two records of a stream, and the sums up to there, counted from the stream's beginning. */
export interface StreamPoint {
  /** Records. */
  readonly offset: number;
  /** Running checksum. */
  readonly checksum: number;
  /** Bytes of batches. */
  readonly bytes: number;
  readonly payloadBytes: number;
}

/** Where every stream begins. */
export const streamStart: StreamPoint = Object.freeze({ offset: 0, checksum: 0, bytes: 0, payloadBytes: 0 });

/** Where the stream stands after `batch`. */
export function pointAfter(before: StreamPoint, { count, payload, bytes }: Batch, crc32: Crc32): StreamPoint {
  return {
    offset: before.offset + count,
    checksum: crc32(payload, before.checksum),
    bytes: before.bytes + bytes.length,
    payloadBytes: before.payloadBytes + payload.length,
  };
}

/** A stream that a fork stems from. */
export interface Ancestor {
  readonly stream: string;
  readonly number: number;
  /** Where its part of the fork ends: at the end of one of its segments. */
  readonly to: number;
}

/** What makes a stream a fork. */
export interface ForkState {
  readonly point: Required<ForkPoint>;
  /**
   * The streams it stems from, its source last. Records before an ancestor's `to` that no earlier one has are that
   * ancestor's, stored under its number; those behind the source's are the fork's own.
   */
  readonly ancestors: readonly Ancestor[];
  /** Where its own appends begin. */
  readonly from: number;
}

/** What the snapshot of a stream's producers holds (rule 3): the rest is the fold of the segments behind it. */
export interface SnapshotState {
  /** The snapshot holds the batches before this offset. */
  readonly offset: number;
  /** Rows of the snapshot, so that a vanished one is noticed. */
  readonly rows: number;
  /** All their ids' CRC-32s, combined by exclusive or: ids are read without their rows, so nothing else guards them. */
  readonly ids?: number | undefined;
  /** Segments stored since, and their bytes. */
  readonly segmentsSince: number;
  readonly bytesSince: number;
}

/** All that is stored of one incarnation of a stream, except its records, producers and keys. */
export interface StreamRow {
  readonly stream: string;
  /** Names the rows of this incarnation; never used again. */
  readonly number: number;
  readonly incarnation: string;
  /** @default the incarnation */
  readonly lineage?: string | undefined;
  readonly fork?: ForkState | undefined;
  readonly contentType: string;
  /** Nanoseconds since the Unix epoch, decimal. */
  readonly createdNs: string;
  readonly retention: Retention;
  readonly lifetime?: Lifetime | undefined;
  /** When it was used last, on the store's own clock, while its lifetime slides. */
  readonly usedMs?: number | undefined;
  readonly closed: boolean;
  readonly deleted: boolean;
  /** Whether it is deleted and its data kept, because forks read it. @default false */
  readonly kept?: boolean | undefined;
  readonly first: StreamPoint;
  readonly tail: StreamPoint;
  readonly streamSeq?: string | undefined;
  /** Producers ever seen. */
  readonly producers: number;
  readonly snapshot: SnapshotState;
  readonly loss?: { readonly tail: number; readonly checksum: number } | undefined;
}

/** What a new stream is made from. */
export type NewStream = Pick<
  StreamRow,
  'stream' | 'number' | 'incarnation' | 'contentType' | 'createdNs' | 'retention' | 'lifetime'
>;

/** The row of a stream without records. */
export function newStreamRow(made: NewStream): StreamRow {
  return {
    ...made,
    closed: false,
    deleted: false,
    first: streamStart,
    tail: streamStart,
    producers: 0,
    snapshot: { offset: 0, rows: 0, segmentsSince: 0, bytesSince: 0 },
  };
}

/** Whether the stream ends when nobody uses it. */
export function slides(row: StreamRow | undefined): boolean {
  return row?.lifetime?.ttlMs !== undefined && !row.deleted;
}

/** The stream, in use at that time of the store's own clock. */
export function usedAt(row: StreamRow, openMs: number): StreamRow {
  return slides(row) ? { ...row, usedMs: openMs } : row;
}

/** The stream, or why there is none. */
export function livingRow(row: StreamRow | undefined): StreamRow | Absence {
  if (row === undefined) return 'notFound';
  if (!row.deleted) return row;
  return row.kept === true ? 'softDeleted' : 'gone';
}

/** Whether the stream is there and a fork of `number`, or of a fork of it. */
export function stemsFrom(row: StreamRow | undefined, number: number): row is StreamRow & { readonly fork: ForkState } {
  if (row === undefined || row.deleted) return false;
  return row.fork?.ancestors.some((ancestor) => ancestor.number === number) === true;
}

export function lineageOf({ lineage, incarnation }: StreamRow): string {
  return lineage ?? incarnation;
}

export function encodeStreamRow(row: StreamRow): Uint8Array {
  return encodeJson(row);
}

export function decodeStreamRow(bytes: Uint8Array): StreamRow {
  return decodeJson(bytes) as StreamRow;
}

/** What `row` tells to the outside. */
export function infoOf(row: StreamRow): StreamInfo {
  return {
    stream: row.stream,
    incarnation: row.incarnation,
    lineage: lineageOf(row),
    contentType: row.contentType,
    createdNs: BigInt(row.createdNs),
    retention: row.retention,
    lifetime: row.lifetime ?? {},
    fork: row.fork?.point,
    closed: row.closed,
    first: row.first.offset,
    firstChecksum: row.first.checksum,
    tail: row.tail.offset,
    checksum: row.tail.checksum,
    bytes: row.tail.bytes - row.first.bytes,
    loss: row.loss,
  };
}

/** What `decideAppend` asks of a stream. */
export function stateOf(row: StreamRow): StreamState {
  return {
    incarnation: row.incarnation,
    tail: row.tail.offset,
    closed: row.closed,
    contentType: row.contentType,
    streamSeq: row.streamSeq,
    producerCount: row.producers,
  };
}

/** What a proof of `row`'s tail says, before the store signs it. */
export type ProofClaim = Pick<Proof, 'stream' | 'incarnation' | 'offset' | 'checksum'>;

export function claimOf(row: StreamRow): ProofClaim {
  const { stream, incarnation, tail } = row;
  return { stream, incarnation, offset: tail.offset, checksum: tail.checksum };
}
