/**
 * What gives way when a spool is full: the oldest samples that are not sealed. They are dropped, or first
 * made coarser; either way a gap tells how many are missing (P6). What is sealed is never touched.
 */
import { gapOf, gapSample, type RecordInput, sampleBytes } from '@packetboat/core';
import type { NewSample, SampleTable } from './sample_table.ts';
import type { SqliteSpoolState } from './spool_state.ts';

/** Makes one record of several that follow each other. */
export type Coarsen = (records: readonly RecordInput[]) => RecordInput;

/** How often a sample may be made coarser, and how many records become one each time. */
export const coarsenLevels = 3;
const bucketRecords = 8;
/** Records that are made coarser in one step, and the fewest for which that is worth a gap. */
const regionRecordsMax = 256;
const regionRecordsMin = 64;
/** What a gap takes at most. */
const gapBytesMax = 256;

/** Drops oldest samples until everything fits into `bytesMax`, or nothing is left that could be dropped. */
export function dropOldest(samples: SampleTable, state: SqliteSpoolState, bytesMax: number, nowNs: () => bigint): void {
  const excess = state.unsealedBytes + state.sealedBytes - bytesMax;
  if (excess <= 0) return;
  const from = state.sealedTo;
  let to = from;
  let bytes = 0;
  let records = 0;
  let timeNs = 0n;
  for (const sample of samples.read(from, state.produced, nowNs)) {
    to = sample.to;
    timeNs = sample.timeNs;
    bytes += sample.storedBytes;
    records += sample.kind === 'record' ? 1 : 0;
    if (bytes >= excess + gapBytesMax) break;
  }
  if (records === 0) return;
  replace(samples, state, { from, to, bytes }, [gapSample(from, to, 'spoolFull', timeNs)]);
  state.lost += records;
  for (const [level, boundary] of state.coarsenedTo.entries()) state.coarsenedTo[level] = Math.max(boundary, to);
}

/**
 * Makes samples coarser until everything fits, and drops the oldest where that does not help. Of the levels of
 * coarseness, the one that has most records gives way, its oldest first: in the long run each has as much
 * room, and reaches back eight times as far as the one before.
 */
export function coarsenOldest(
  samples: SampleTable,
  state: SqliteSpoolState,
  bytesMax: number,
  nowNs: () => bigint,
  coarsen: Coarsen,
): void {
  while (state.unsealedBytes + state.sealedBytes > bytesMax) {
    const level = fullestLevel(state);
    if (level === undefined) return dropOldest(samples, state, bytesMax, nowNs);
    coarsenRegion(samples, state, level, nowNs, coarsen);
  }
}

/** The level whose records should be made coarser, or `undefined` when it is the last, or has too few. */
function fullestLevel(state: SqliteSpoolState): number | undefined {
  let fullest = 0;
  let most = 0;
  for (let level = 0; level <= coarsenLevels; level++) {
    const { from, to } = levelRange(state, level);
    const records = (to - from) / bucketRecords ** level;
    if (records > most) {
      fullest = level;
      most = records;
    }
  }
  return fullest === coarsenLevels || most < regionRecordsMin ? undefined : fullest;
}

/** Where the samples lie that were made coarser `level` times. Coarser ones are older. */
function levelRange(state: SqliteSpoolState, level: number): { from: number; to: number } {
  const boundary = (at: number): number => Math.max(state.sealedTo, state.coarsenedTo[at] ?? 0);
  return {
    from: level === coarsenLevels ? state.sealedTo : boundary(level),
    to: level === 0 ? state.produced : boundary(level - 1),
  };
}

/** Makes the oldest records of `level` coarser: a gap for those that are lost, then the coarse ones. */
function coarsenRegion(
  samples: SampleTable,
  state: SqliteSpoolState,
  level: number,
  nowNs: () => bigint,
  coarsen: Coarsen,
): void {
  const { from, to: end } = levelRange(state, level);
  const records: RecordInput[] = [];
  let to = from;
  let bytes = 0;
  for (const sample of samples.read(from, end, nowNs)) {
    const ours = sample.kind === 'record' || gapOf(sample).reason === 'degraded';
    if (!ours && to > from) break;
    to = sample.to;
    if (!ours) break; // a gap of another kind keeps its reason; the next step begins behind it
    bytes += sample.storedBytes;
    if (sample.kind === 'record') records.push(sample);
    if (records.length === regionRecordsMax) break;
  }
  state.coarsenedTo[level] = to;
  if (records.length < bucketRecords) return;

  const coarse: RecordInput[] = [];
  for (let at = 0; at < records.length; at += bucketRecords) {
    coarse.push(coarsen(records.slice(at, at + bucketRecords)));
  }
  const coarseFrom = to - coarse.length;
  const timeNs = coarse[0]?.timeNs ?? 0n;
  replace(samples, state, { from, to, bytes }, [
    gapSample(from, coarseFrom, 'degraded', timeNs),
    ...coarse.map((record, index) => ({ ...record, kind: 'record' as const, from: coarseFrom + index })),
  ]);
  state.lost += records.length - coarse.length;
}

function replace(
  samples: SampleTable,
  state: SqliteSpoolState,
  old: { readonly from: number; readonly to: number; readonly bytes: number },
  replacements: readonly NewSample[],
): void {
  samples.delete(old.from, old.to);
  state.unsealedBytes -= old.bytes;
  for (const sample of replacements) {
    samples.insert(sample);
    state.unsealedBytes += sampleBytes(sample.bytes);
  }
}
