import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSequenceSeed, permute, roundKeys, sequenceValues } from './sequence_values.ts';

const seeds = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'));

test('permute: of small widths, every seed visits every number once', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 6 }), (seed, halfBits) => {
      const size = 4 ** halfBits;
      const keys = roundKeys(seed);
      const visited = new Set(Array.from({ length: size }, (_, index) => permute(index, halfBits, keys)));
      assert.equal(visited.size, size);
      for (const value of visited) assert.ok(value >= 0 && value < size);
    }),
  );
});

test('sequenceValues: uint32s, none twice, the same whenever they are asked for [S2.10]', () => {
  fc.assert(
    fc.property(
      seeds,
      fc.uniqueArray(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 200 }),
      (seed, indexes) => {
        const valueAt = sequenceValues(seed);
        const values = indexes.map(valueAt);
        for (const value of values) assert.ok(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff);
        assert.equal(new Set(values).size, indexes.length);
        assert.deepEqual(indexes.map(sequenceValues(seed)), values);
      },
    ),
  );
});

test('sequenceValues: 100,000 in a row: none twice, spread over all uint32s', () => {
  const valueAt = sequenceValues('000102030405060708090a0b0c0d0e0f');
  const buckets = new Uint32Array(16);
  const seen = new Set<number>();
  for (let index = 0; index < 100_000; index++) {
    const value = valueAt(index);
    seen.add(value);
    buckets[value >>> 28] = (buckets[value >>> 28] ?? 0) + 1;
  }
  assert.equal(seen.size, 100_000);
  for (const count of buckets) assert.ok(Math.abs(count - 6_250) < 400, `${count} of 100,000 in a sixteenth`);
});

test('sequenceValues: two seeds that differ in one bit: hardly a number in common [S2.3] [S2.10]', () => {
  fc.assert(
    fc.property(seeds, fc.nat({ max: 127 }), (seed, bit) => {
      const bytes = Buffer.from(seed, 'hex');
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const [one, other] = [sequenceValues(seed), sequenceValues(bytes.toString('hex'))];
      const same = Array.from({ length: 100 }, (_, index) => one(index) === other(index)).filter(Boolean);
      assert.ok(same.length < 3);
    }),
  );
});

test('isSequenceSeed: 16 bytes in lower-case hex, and nothing else', () => {
  assert.equal(isSequenceSeed('00'.repeat(16)), true);
  for (const bad of ['', '00'.repeat(15), '00'.repeat(17), 'AB'.repeat(16), 'xy'.repeat(16)]) {
    assert.equal(isSequenceSeed(bad), false);
  }
});
