import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Batch, batchRecords, openBatches } from './batch.ts';
import { crc32 } from './crc32.ts';
import { cutBatches } from './cut_batches.ts';
import { defaultLimits } from './limits.ts';
import { batchOf } from './testing/store_tester.ts';

const decoder = new TextDecoder();
const at = (sequence: number) => ({ producer: { id: 'p', epoch: 0, sequence } });

/** The cut batches, opened; `undefined` when the cut is refused. */
function cut(batches: readonly Batch[], records: number, subOffset = 0, unit: 'records' | 'bytes' = 'bytes') {
  const pieces = cutBatches(batches, { records, subOffset, unit }, crc32);
  return pieces?.flatMap((bytes) => openBatches(bytes, crc32, defaultLimits));
}

function texts(batches: readonly Batch[] | undefined): string[][] | undefined {
  return batches?.map((batch) => Array.from(batchRecords(batch), ({ bytes }) => decoder.decode(bytes)));
}

const sent = [batchOf(['a', 'bc', ''], at(0)), batchOf(['def'], at(1)), batchOf(['g', 'h'], at(2))];

test('cutBatches keeps whole batches bit for bit, and seals the one that is cut without its producer', () => {
  const [first, second, ...more] = cut(sent, 5) ?? [];
  assert.deepEqual([first?.bytes, second?.bytes], [sent[0]?.bytes, sent[1]?.bytes]);
  assert.deepEqual(texts(more), [['g']]);
  assert.equal(more[0]?.producer, undefined);
});

test('cutBatches at every boundary and within every batch takes the records before it', () => {
  const expected = [[], [['a']], [['a', 'bc']], [['a', 'bc', '']], [['a', 'bc', ''], ['def']]];
  for (const [records, taken] of expected.entries()) assert.deepEqual(texts(cut(sent, records)), taken);
  assert.deepEqual(
    cut(sent, 6)?.map(({ bytes }) => bytes),
    sent.map(({ bytes }) => bytes),
  );
});

for (const { records, subOffset, unit, taken } of [
  { records: 0, subOffset: 1, unit: 'records', taken: [['a']] },
  { records: 0, subOffset: 3, unit: 'records', taken: [['a', 'bc', '']] },
  { records: 1, subOffset: 2, unit: 'records', taken: [['a', 'bc', '']] },
  { records: 1, subOffset: 3, unit: 'records', taken: undefined },
  { records: 3, subOffset: 1, unit: 'records', taken: [['a', 'bc', ''], ['def']] },
  { records: 3, subOffset: 2, unit: 'records', taken: undefined },
  { records: 6, subOffset: 1, unit: 'records', taken: undefined },
  { records: 0, subOffset: 1, unit: 'bytes', taken: [['a']] },
  { records: 0, subOffset: 2, unit: 'bytes', taken: [['a', 'b']] },
  { records: 0, subOffset: 3, unit: 'bytes', taken: [['a', 'bc']] },
  { records: 0, subOffset: 4, unit: 'bytes', taken: undefined },
  { records: 1, subOffset: 1, unit: 'bytes', taken: [['a', 'b']] },
  { records: 2, subOffset: 1, unit: 'bytes', taken: undefined },
  { records: 3, subOffset: 2, unit: 'bytes', taken: [['a', 'bc', ''], ['de']] },
  { records: 3, subOffset: 3, unit: 'bytes', taken: [['a', 'bc', ''], ['def']] },
  { records: 3, subOffset: 4, unit: 'bytes', taken: undefined },
  { records: 6, subOffset: 1, unit: 'bytes', taken: undefined },
] as const) {
  test(`cutBatches takes ${subOffset} ${unit} behind record ${records}: ${JSON.stringify(taken) ?? 'refused'}`, () => {
    assert.deepEqual(texts(cut(sent, records, subOffset, unit)), taken);
  });
}

test('cutBatches of a batch that a sub-offset takes whole keeps it bit for bit', () => {
  assert.deepEqual(cut(sent, 3, 3, 'bytes')?.[1]?.bytes, sent[1]?.bytes);
  assert.deepEqual(cut(sent, 0, 3, 'records')?.[0]?.bytes, sent[0]?.bytes);
});

test('cutBatches leaves the closing of the stream behind', () => {
  const closing = [batchOf(['a']), batchOf(['b'], { ...at(0), close: true })];
  const taken = cut(closing, 2) ?? [];
  assert.deepEqual(texts(taken), [['a'], ['b']]);
  assert.deepEqual([taken[1]?.close, taken[1]?.producer], [false, undefined]);
  assert.deepEqual(texts(cut([batchOf(['a']), batchOf([], { close: true })], 1)), [['a']]);
});

test('cutBatches cuts between gaps, never within one [P6]', () => {
  const gaps = [batchOf(['{"from":0}', '{"from":9}'], { gap: true })];
  const [taken] = cut(gaps, 1) ?? [];
  assert.equal(taken?.gap, true);
  assert.deepEqual(texts(cut(gaps, 0, 10, 'bytes')), [['{"from":0}']]);
  assert.equal(cut(gaps, 0, 11, 'bytes'), undefined);
});

test('cutBatches takes exactly the payload before the cut, at the records’ own times [P5]', () => {
  const batch = fc.array(fc.string({ maxLength: 5 }), { minLength: 1, maxLength: 4 });
  const plan = fc.record({
    batches: fc.array(batch, { minLength: 1, maxLength: 4 }),
    records: fc.nat(16),
    subOffset: fc.nat(8),
    unit: fc.constantFrom('records', 'bytes'),
  });
  fc.assert(
    fc.property(plan, ({ batches, records, subOffset, unit }) => {
      const source = batches.map((some, sequence) => batchOf(some, at(sequence)));
      const all = source.flatMap((some) => Array.from(batchRecords(some)));
      const taken = cut(source, Math.min(records, all.length), subOffset, unit);
      if (taken === undefined) return;
      const found = taken.flatMap((some) => Array.from(batchRecords(some)));
      for (const [index, { timeNs, bytes }] of found.entries()) {
        const original = all[index];
        assert(original !== undefined);
        assert.equal(timeNs, original.timeNs);
        const isLast = index === found.length - 1;
        assert.deepEqual(bytes, isLast ? original.bytes.subarray(0, bytes.length) : original.bytes);
      }
      const more = found.slice(records);
      const moreBytes = more.reduce((sum, { bytes }) => sum + bytes.length, 0);
      assert.equal(unit === 'records' ? more.length : moreBytes, subOffset);
    }),
  );
});
