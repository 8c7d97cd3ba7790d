import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from './seeded_random.ts';

const draws = (...parts: (string | number)[]): number[] => Array.from({ length: 5 }, seededRandom(...parts));

test('seededRandom gives the same numbers for the same parts, and unlike ones when a part differs', () => {
  assert.deepEqual(draws(7, 'cut_1', 3, 'up'), draws(7, 'cut_1', 3, 'up'));
  const all = [
    draws(7, 'cut_1', 3, 'up'),
    draws(8, 'cut_1', 3, 'up'),
    draws(7, 'cut_2', 3, 'up'),
    draws(7, 'cut_1', 3),
  ];
  assert.equal(new Set(all.flat()).size, 20);
});

test('seededRandom is even: in each tenth of [0, 1) a tenth of the numbers, also over neighbouring seeds', () => {
  for (const number of [
    seededRandom(1),
    (
      (seed) => () =>
        seededRandom(seed++, 'x')()
    )(0),
  ]) {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let count = 0; count < 10_000; count++) {
      const drawn = number();
      assert.ok(drawn >= 0 && drawn < 1);
      const tenth = Math.floor(drawn * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) assert.ok(count > 850 && count < 1_150, String(tenths));
  }
});
