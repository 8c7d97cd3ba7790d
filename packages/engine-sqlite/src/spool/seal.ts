/** How samples become batches. Each function is one step within a transaction, and leaves the state right. */
import {
  type Crc32,
  gapSample,
  type Limits,
  openBatch,
  type RecordInput,
  SampleRun,
  sealBatch,
  type SpooledBatch,
} from '@packetboat/core';
import type { BatchTable } from './batch_table.ts';
import type { Sample, SampleTable } from './sample_table.ts';
import type { SqliteSpoolState } from './spool_state.ts';

/** What sealing works on: the two tables and the means. */
export interface SealTools {
  readonly samples: SampleTable;
  readonly batches: BatchTable;
  readonly crc32: Crc32;
  readonly limits: Limits;
  /** The time of a gap that nothing follows. */
  readonly nowNs: () => bigint;
}

/**
 * Moves the oldest samples into a batch of at most `bytesMax` bytes (but at least one sample). Records and gaps do
 * not mix in a batch. Rows that turn out to be damaged are kept aside, and a gap stands for them.
 */
export function sealNext(tools: SealTools, state: SqliteSpoolState, bytesMax: number): SpooledBatch | undefined {
  const run = takeRun(tools, state, bytesMax);
  const last = run.at(-1);
  if (last === undefined) return undefined;
  for (const sample of run) {
    state.unsealedBytes -= sample.storedBytes;
    if (sample.damagedRows === undefined) continue;
    tools.samples.quarantine(sample.damagedRows);
    state.quarantined += sample.to - sample.from;
  }
  tools.samples.delete(state.sealedTo, last.to);
  const sequence = state.nextSequence;
  const bytes = seal(tools, state, sequence, run, last.kind === 'gap');
  storeBatch(tools, state, { sequence, from: state.sealedTo, to: last.to, bytes });
  state.nextSequence += 1;
  state.sealedTo = last.to;
  if (state.sealedTo === state.produced) state.unsealedBytes = 0; // damage may have falsified the sum
  return { sequence, bytes };
}

/**
 * Puts a gap in the place of each sealed batch from `sequence` on whose bytes are damaged. Sequences stay: should the
 * server have such a batch after all, it refuses the gap as `sequenceReused`, and nothing is there twice.
 */
export function resealDamaged(tools: SealTools, state: SqliteSpoolState, sequence: number): void {
  const first = tools.batches.get(sequence);
  state.sealedCount = first.countBefore;
  state.sealedChecksum = first.checksumBefore;
  for (let at = sequence; at < state.nextSequence; at++) {
    const { from, to, bytes, damaged } = tools.batches.get(at);
    state.sealedBytes -= bytes.length;
    if (!damaged) {
      storeBatch(tools, state, { sequence: at, from, to, bytes });
      continue;
    }
    tools.samples.quarantine([[at, 'batch', null, null, bytes]]);
    state.quarantined += to - from;
    const gap = gapSample(from, to, 'damaged', tools.nowNs());
    storeBatch(tools, state, { sequence: at, from, to, bytes: seal(tools, state, at, [gap], true) });
  }
}

/** The samples of the next batch. */
function takeRun(tools: SealTools, state: SqliteSpoolState, bytesMax: number): Sample[] {
  const run = new SampleRun<Sample>(state.producerId, bytesMax, tools.limits);
  for (const sample of tools.samples.read(state.sealedTo, state.produced, tools.nowNs)) {
    if (!run.take(sample)) break;
  }
  return run.samples;
}

function seal(
  tools: SealTools,
  state: SqliteSpoolState,
  sequence: number,
  records: readonly RecordInput[],
  gap: boolean,
): Uint8Array {
  return sealBatch({ records, producer: { id: state.producerId, epoch: state.epoch, sequence }, gap }, tools.crc32);
}

/** Stores a batch behind all that were stored, and continues count and checksum by it. */
function storeBatch(
  tools: SealTools,
  state: SqliteSpoolState,
  row: { readonly sequence: number; readonly from: number; readonly to: number; readonly bytes: Uint8Array },
): void {
  const { count, payload } = openBatch(row.bytes, 0, tools.crc32, tools.limits);
  tools.batches.put({ ...row, countBefore: state.sealedCount, checksumBefore: state.sealedChecksum });
  state.sealedBytes += row.bytes.length;
  state.sealedCount += count;
  state.sealedChecksum = tools.crc32(payload, state.sealedChecksum);
}
