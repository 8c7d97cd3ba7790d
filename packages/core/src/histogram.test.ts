import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Histogram } from './histogram.ts';

test('Histogram counts nothing at first', () => {
  assert.deepEqual(new Histogram([1, 2]).counts, { bounds: [1, 2], atMost: [0, 0], count: 0, sum: 0 });
});

test('Histogram takes a bound into its own bucket, and what is above the last into the count alone', () => {
  const histogram = new Histogram([1, 10]);
  for (const value of [1, 1.5, 10, 11]) histogram.observe(value);
  assert.deepEqual(histogram.counts, { bounds: [1, 10], atMost: [1, 3], count: 4, sum: 23.5 });
});

test('Histogram agrees with counting all values anew', () => {
  const bounds = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { maxLength: 8 });
  const values = fc.array(fc.integer({ min: -60, max: 60 }));
  fc.assert(
    fc.property(bounds, values, (unsorted, observed) => {
      const sorted = unsorted.toSorted((left, right) => left - right);
      const histogram = new Histogram(sorted);
      for (const value of observed) histogram.observe(value);
      assert.deepEqual(histogram.counts, {
        bounds: sorted,
        atMost: sorted.map((bound) => observed.filter((value) => value <= bound).length),
        count: observed.length,
        sum: observed.reduce((sum, value) => sum + value, 0),
      });
    }),
  );
});

test('Histogram hands out counts that later values do not change', () => {
  const histogram = new Histogram([1]);
  const before = histogram.counts;
  histogram.observe(1);
  assert.equal(before.count, 0);
  assert.deepEqual(before.atMost, [0]);
});
