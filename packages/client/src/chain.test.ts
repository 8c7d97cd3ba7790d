import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame, encodeSegment, type Segment, type SegmentFrame } from '@packetboat/core';
import { testLimits } from '@packetboat/core/testing';
import { Chain, checksumAt } from './chain.ts';
import { SegmentMaker } from './testing/scripted_answers.ts';
import { ScriptedServer } from './testing/scripted_server.ts';

const server = new ScriptedServer();
const { crc32 } = server.virtual.world;

function frame(segment: Segment, changes: Partial<SegmentFrame> = {}): SegmentFrame {
  return { ...(decodeFrame(encodeSegment(1, segment)) as SegmentFrame), ...changes };
}

function chain(offset = 0): Chain {
  return new Chain(offset, crc32, testLimits());
}

test('Chain takes segments that follow one another, and drops what lies before its beginning [P5]', () => {
  const make = new SegmentMaker(server);
  const segments = [make.next(['a', 'b'], ['c']), make.next(['d'])];
  const reader = chain(1);
  const taken = segments.map((segment) => reader.take(frame(segment)));
  assert.deepEqual(
    taken.map(({ base, skip, batches }) => [base, skip, batches.length]),
    [
      [0, 1, 2],
      [3, 0, 1],
    ],
  );
  assert.equal(reader.offset, 4);
});

test('checksumAt is the CRC of all payloads up to a record, also in the middle of a batch', () => {
  const make = new SegmentMaker(server);
  const { batches } = chain().take(frame(make.next(['ab', 'c'], ['', 'def'])));
  const expected = ['', 'ab', 'abc', 'abc', 'abcdef'].map((text) => crc32(new TextEncoder().encode(text)));
  assert.deepEqual(
    expected.map((_, records) => checksumAt(batches, records, 0, crc32)),
    expected,
  );
});

const changes: Record<string, (segment: Segment) => SegmentFrame> = {
  'records are missing': (segment) => frame(segment, { base: 4 }),
  'records come again': (segment) => frame(segment, { base: 1 }),
  'a record is counted that is not there': (segment) => frame(segment, { count: 3 }),
  'a record is not counted': (segment) => frame(segment, { count: 1 }),
  'the checksum before is wrong': (segment) => frame(segment, { checksumBefore: segment.checksumBefore ^ 1 }),
  'the checksum after is wrong': (segment) => frame(segment, { checksumAfter: segment.checksumAfter ^ 1 }),
  'a bit of a batch is wrong': (segment) => {
    const batches = segment.bytes.slice();
    batches[batches.length - 1] = (batches.at(-1) ?? 0) ^ 1;
    return frame(segment, { batches });
  },
  'a batch is cut off': (segment) => frame(segment, { batches: segment.bytes.subarray(0, -1) }),
  'there is nothing': (segment) => frame(segment, { batches: new Uint8Array(0), count: 0 }),
};

for (const [what, change] of Object.entries(changes)) {
  test(`Chain refuses a segment when ${what}, and stays where it was [P5]`, () => {
    const make = new SegmentMaker(server);
    const reader = chain();
    reader.take(frame(make.next(['a', 'b', 'c'])));
    const segment = make.next(['d', 'e']);
    assert.throws(() => reader.take(change(segment)), { code: 'checksumMismatch' });
    assert.equal(reader.offset, 3);
    assert.equal(reader.take(frame(segment)).base, 3);
  });
}

test('Chain notices another history: the same offsets with other records [P5]', () => {
  const reader = chain();
  reader.take(frame(new SegmentMaker(server).next(['a', 'b'])));
  const other = new SegmentMaker(server);
  other.next(['a', 'X']);
  assert.throws(() => reader.take(frame(other.next(['c']))), { code: 'checksumMismatch' });
});

test('Chain goes on behind a gap with the checksum that it is told', () => {
  const reader = chain();
  reader.take(frame(new SegmentMaker(server).next(['a'])));
  reader.jump(10);
  const make = new SegmentMaker(server, 10, 77);
  assert.equal(reader.take(frame(make.next(['b']))).checksumBefore, 77);
  assert.throws(() => reader.take(frame(new SegmentMaker(server, 11, 78).next(['c']))), { code: 'checksumMismatch' });
});
