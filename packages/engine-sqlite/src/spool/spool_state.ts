/** What a spool knows of itself: one row, read and written in every transaction. */
import { type Crc32, PacketboatError, type SpoolStatus } from '@packetboat/core';

/**
 * Samples are numbered in the order they were put in, from 0. These numbers divide them:
 * `0 … acknowledgedTo … sealedTo … produced`. Everything from `sealedTo` on lies in the table of samples,
 * without a hole; everything between the first two in the table of batches.
 */
export interface SpoolState {
  readonly stream: string;
  readonly producerId: string;
  readonly epoch: number;
  /** Number the next sample gets. */
  produced: number;
  /** First sample that is in no batch yet. */
  sealedTo: number;
  /** First sample that the server is not known to have. */
  acknowledgedTo: number;
  /** Sequence the next batch gets, and the oldest that is not acknowledged. */
  nextSequence: number;
  firstSequence: number;
  /** Number of records, and CRC-32 over the payloads, of all that was ever sealed. */
  sealedCount: number;
  sealedChecksum: number;
  /** Bytes the waiting samples and the waiting batches take. */
  unsealedBytes: number;
  sealedBytes: number;
  /** Samples lost to the limit, and to damage. */
  lost: number;
  quarantined: number;
  /** Per level of coarsening: samples before this one were coarsened at least that often. */
  readonly coarsenedTo: number[];
  /** The source's own note of how far it has come. */
  mark: string | undefined;
}

/** A spool in which nothing was put yet. */
export function newSpoolState(stream: string, producerId: string, levels: number): SpoolState {
  return {
    stream,
    producerId,
    epoch: 0,
    produced: 0,
    sealedTo: 0,
    acknowledgedTo: 0,
    nextSequence: 0,
    firstSequence: 0,
    sealedCount: 0,
    sealedChecksum: 0,
    unsealedBytes: 0,
    sealedBytes: 0,
    lost: 0,
    quarantined: 0,
    coarsenedTo: Array.from({ length: levels }, () => 0),
    mark: undefined,
  };
}

const encoder = new TextEncoder();

/** The row for `state`: its text and the text's CRC. */
export function encodeState(state: SpoolState, crc32: Crc32): { text: string; crc: number } {
  const text = JSON.stringify(state);
  return { text, crc: crc32(encoder.encode(text)) };
}

/**
 * The state in a row.
 * @throws {PacketboatError} `damaged` when there is no row or it fails its CRC.
 */
export function decodeState(row: Record<string, unknown> | undefined, crc32: Crc32, folder: string): SpoolState {
  const text = row?.['text'];
  if (typeof text !== 'string' || crc32(encoder.encode(text)) !== row?.['crc']) {
    throw new PacketboatError('damaged', `The state of the spool ${folder} is missing or fails its CRC`);
  }
  const state: SpoolState = JSON.parse(text);
  return { ...state, mark: state.mark };
}

/** The state as everybody else sees it. */
export function statusOf(state: SpoolState): SpoolStatus {
  return {
    producerId: state.producerId,
    epoch: state.epoch,
    produced: state.produced,
    acknowledged: state.acknowledgedTo,
    waiting: state.produced - state.acknowledgedTo,
    waitingBytes: state.unsealedBytes + state.sealedBytes,
    lost: state.lost,
    quarantined: state.quarantined,
    sealedCount: state.sealedCount,
    sealedChecksum: state.sealedChecksum,
  };
}
