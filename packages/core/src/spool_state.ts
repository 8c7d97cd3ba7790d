import type { SpoolStatus } from './spool.ts';

/**
 * What a spool knows of itself, read and written in each of its transactions.
 *
 * Samples are numbered in the order they were put in, from 0. These numbers divide them:
 * `0 … acknowledgedTo … sealedTo … produced`. Everything from `sealedTo` on waits as samples, without a hole;
 * everything between the first two as sealed batches.
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
  /** The source's own note of how far it has come. */
  mark: string | undefined;
}

/** A spool in which nothing was put yet. */
export function newSpoolState(stream: string, producerId: string): SpoolState {
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
    mark: undefined,
  };
}

/** The state as everybody else sees it. */
export function spoolStatusOf(state: SpoolState): SpoolStatus {
  return {
    stream: state.stream,
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
