import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, defaultLimits, openBatch, sealBatch, type SegmentFrame } from '@packetboat/core';
import { SegmentCheck } from './segment_check.ts';

const encoder = new TextEncoder();
/** The batches here are of no producer. */
const sealed = new Set<number>();

/** A segment that holds such records, behind a text of records before it. */
function segment(
  base: number,
  before: string,
  records: readonly string[],
  changed: Partial<SegmentFrame> = {},
): SegmentFrame {
  const checksumBefore = crc32(encoder.encode(before));
  const batches = sealBatch(
    { records: records.map((record) => ({ timeNs: 0n, bytes: encoder.encode(record) })) },
    crc32,
  );
  const checksumAfter = crc32(encoder.encode(records.join('')), checksumBefore);
  const sums = { base, count: records.length, checksumBefore, checksumAfter };
  return { kind: 'segment', number: 1, close: false, batches, ...sums, ...changed };
}

const isWrong = (taken: object) => assert.ok('wrong' in taken, JSON.stringify(taken));

test('SegmentCheck takes segments that follow one another', () => {
  const check = new SegmentCheck(0, sealed);
  assert.deepEqual(check.take(segment(0, '', ['a', 'b'])), ['a', 'b']);
  assert.deepEqual(check.take(segment(2, 'ab', ['c'])), ['c']);
});

test('SegmentCheck drops records before its place in the first segment only', () => {
  const check = new SegmentCheck(1, sealed);
  assert.deepEqual(check.take(segment(0, '', ['a', 'b'])), ['b']);
  isWrong(check.take(segment(1, 'a', ['b', 'c'])));
});

test('SegmentCheck finds what is missing, twice, or changed', () => {
  isWrong(new SegmentCheck(0, sealed).take(segment(1, '', ['b'])));
  isWrong(new SegmentCheck(0, sealed).take(segment(0, 'x', ['a'])));
  isWrong(new SegmentCheck(0, sealed).take(segment(0, '', ['a'], { checksumAfter: 1 })));
  isWrong(new SegmentCheck(0, sealed).take(segment(0, '', ['a'], { count: 2 })));
  const check = new SegmentCheck(0, sealed);
  check.take(segment(0, '', ['a']));
  isWrong(check.take(segment(0, '', ['a'])));
});

test('SegmentCheck goes on behind a gap, with the checksum that is told there', () => {
  const check = new SegmentCheck(0, sealed);
  check.gap(5);
  assert.deepEqual(check.take(segment(5, 'whatever', ['f'])), ['f']);
});

test('SegmentCheck finds damaged batches, and such as no producer sealed', () => {
  const damaged = segment(0, '', ['a']);
  damaged.batches.set([0], damaged.batches.length - 1);
  isWrong(new SegmentCheck(0, sealed).take(damaged));
  const records = [{ timeNs: 0n, bytes: encoder.encode('a') }];
  const batches = sealBatch({ records, producer: { id: 'p', epoch: 0, sequence: 0 } }, crc32);
  const known = new Set([openBatch(batches, 0, crc32, defaultLimits).crc]);
  assert.deepEqual(new SegmentCheck(0, known).take(segment(0, '', ['a'], { batches })), ['a']);
  isWrong(new SegmentCheck(0, sealed).take(segment(0, '', ['a'], { batches })));
});
