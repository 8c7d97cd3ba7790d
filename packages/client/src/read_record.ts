import { batchRecords, type Gap } from '@packetboat/core';
import type { CheckedSegment } from './chain.ts';

/** One record as a reader gets it. */
export interface ReadRecord {
  /**
   * Its position in the stream. Everything up to and including it is done with when `offset + 1` is committed.
   *
   * What retention removed before it could be read is told by one record of kind gap, with the offset of the last
   * record lost: it stands where they stood and takes no offset of its own.
   */
  readonly offset: number;
  /** Nanoseconds since the Unix epoch, as its producer gave them; 0 for a gap that the server told. */
  readonly timeNs: bigint;
  /** The payload: a view of what was received. Of a stored gap, its JSON; of a gap that the server told, nothing. */
  readonly bytes: Uint8Array;
  /** Set when this is no record but says what is missing here (P6). */
  readonly gap?: Gap;
}

const decoder = new TextDecoder();
const nothing = new Uint8Array(0);

/** The records of a segment that the reader wants; payloads are views. */
export function segmentRecords(segment: CheckedSegment): ReadRecord[] {
  const records: ReadRecord[] = [];
  let offset = segment.base;
  let skip = segment.skip;
  for (const batch of segment.batches) {
    if (skip >= batch.count) {
      skip -= batch.count;
      offset += batch.count;
      continue;
    }
    offset += skip;
    for (const { timeNs, bytes } of batchRecords(batch, skip)) {
      records.push(batch.gap ? gapRecord(offset, timeNs, bytes) : { offset, timeNs, bytes });
      offset += 1;
    }
    skip = 0;
  }
  return records;
}

/** What the server told about records that are gone: `gap.to` is the last of them. */
export function toldGap(gap: Gap): ReadRecord {
  return { offset: gap.to, timeNs: 0n, bytes: nothing, gap };
}

function gapRecord(offset: number, timeNs: bigint, bytes: Uint8Array): ReadRecord {
  return {
    offset,
    timeNs,
    bytes,
    gap: parseGap(bytes) ?? { from: offset, to: offset, count: 1, reason: 'unreadable' },
  };
}

/** What a stored gap says, or `undefined` when its producer wrote something else. It is a gap all the same. */
function parseGap(bytes: Uint8Array): Gap | undefined {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { from, to, count, reason } = value as Partial<Record<keyof Gap, unknown>>;
  if (!isCount(from) || !isCount(to) || !isCount(count) || typeof reason !== 'string') return undefined;
  return { from, to, count, reason };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
