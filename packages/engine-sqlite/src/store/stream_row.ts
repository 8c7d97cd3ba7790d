import type { Proof, Retention, StreamInfo, StreamState } from '@packetboat/core';
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

/** What the snapshot of a stream's producers holds (rule 3): the rest is the fold of the segments behind it. */
export interface SnapshotState {
  /** The snapshot holds the batches before this offset. */
  readonly offset: number;
  /** Rows of the snapshot, so that a vanished one is noticed. */
  readonly rows: number;
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
  readonly contentType: string;
  /** Nanoseconds since the Unix epoch, decimal. */
  readonly createdNs: string;
  readonly retention: Retention;
  readonly closed: boolean;
  readonly deleted: boolean;
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
  'stream' | 'number' | 'incarnation' | 'contentType' | 'createdNs' | 'retention'
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
    contentType: row.contentType,
    createdNs: BigInt(row.createdNs),
    retention: row.retention,
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
