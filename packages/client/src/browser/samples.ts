/** What is done with the samples that wait. Each function is one step within a transaction, and leaves the state right. */
import {
  type Crc32,
  gapSample,
  type Limits,
  openBatch,
  sampleBytes,
  SampleRun,
  sealBatch,
  type SpooledBatch,
  type SpoolSample,
  type World,
} from '@packetboat/core';
import type { BrowserPlatform, IdbTable } from './browser_platform.ts';
import { readSamples } from './read_samples.ts';
import type { SampleRow, Tables } from './spool_database.ts';

/** What the work on samples needs. */
export interface SampleMeans {
  readonly platform: Pick<BrowserPlatform, 'IDBKeyRange'>;
  readonly world: World;
  readonly limits: Limits;
  /** Bytes the spool may hold. */
  readonly bytesMax: number;
}

/** What a gap takes at most. */
const gapBytesMax = 256;

export function insertSample(samples: IdbTable<SampleRow>, crc32: Crc32, sample: SpoolSample): void {
  const { kind, from, to, timeNs, bytes } = sample;
  // Of a view, the browser would store the whole buffer behind it.
  samples.put({ from, to, kind, timeNs, crc: crc32(bytes), bytes: bytes.slice() });
}

/** Moves the oldest samples into a batch of at most `bytesMax` bytes (but at least one sample). */
export async function sealNext(
  means: SampleMeans,
  { state, samples, batches }: Tables,
  bytesMax: number,
): Promise<SpooledBatch | undefined> {
  const { world, limits, platform } = means;
  const run = new SampleRun(state.producerId, bytesMax, limits);
  for await (const sample of readSamples(means, samples, state, bytesMax)) {
    if (!run.take(sample)) break;
    state.unsealedBytes -= sample.storedBytes;
    if (sample.damaged) state.quarantined += sample.to - sample.from;
  }
  const last = run.samples.at(-1);
  if (last === undefined) return undefined;
  samples.delete(platform.IDBKeyRange.bound(state.sealedTo, last.to, false, true));
  const sequence = state.nextSequence++;
  const producer = { id: state.producerId, epoch: state.epoch, sequence };
  const bytes = sealBatch({ records: run.samples, producer, gap: last.kind === 'gap' }, world.crc32);
  state.sealedTo = last.to;
  if (state.sealedTo === state.produced) state.unsealedBytes = 0; // damage may have falsified the sum
  state.sealedBytes += bytes.length;
  state.sealedBytesEver += bytes.length;
  const { count, payload } = openBatch(bytes, 0, world.crc32, limits);
  state.sealedCount += count;
  state.sealedChecksum = world.crc32(payload, state.sealedChecksum);
  batches.put({ sequence, to: last.to, bytesEver: state.sealedBytesEver, bytes });
  return { sequence, bytes };
}

/** Drops oldest samples until everything fits, or nothing is left that could be dropped; a gap tells of them (P6). */
export async function dropOldest(means: SampleMeans, { state, samples }: Tables): Promise<void> {
  const excess = state.unsealedBytes + state.sealedBytes - means.bytesMax;
  if (excess <= 0) return;
  let to = state.sealedTo;
  let bytes = 0;
  let records = 0;
  let timeNs = 0n;
  for await (const sample of readSamples(means, samples, state, excess)) {
    ({ to, timeNs } = sample);
    bytes += sample.storedBytes;
    records += sample.kind === 'record' ? 1 : 0;
    if (bytes >= excess + gapBytesMax) break;
  }
  if (records === 0) return;
  samples.delete(means.platform.IDBKeyRange.bound(state.sealedTo, to, false, true));
  const gap = gapSample(state.sealedTo, to, 'spoolFull', timeNs);
  insertSample(samples, means.world.crc32, gap);
  state.unsealedBytes += sampleBytes(gap.bytes) - bytes;
  state.lost += records;
}
