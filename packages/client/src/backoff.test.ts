import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffCeilingMs, backoffDelayMs, resolveBackoff } from './backoff.ts';

const backoff = resolveBackoff({ firstMs: 100, factor: 2, capMs: 1_000 });

test('backoffCeilingMs doubles up to the cap', () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 2_000].map((attempt) => backoffCeilingMs(attempt, backoff));
  assert.deepEqual(ceilings, [100, 200, 400, 800, 1_000, 1_000, 1_000]);
});

test('backoffDelayMs spreads from the one to the other', () => {
  assert.equal(backoffDelayMs(0, 400, 0), 0);
  assert.equal(backoffDelayMs(0, 400, 0.5), 200);
  assert.equal(backoffDelayMs(200, 400, 0.5), 300);
  assert.equal(backoffDelayMs(1_000, 1_000, 0.25), 1_000);
});

test('backoffDelayMs waits what the server asked for before it spreads', () => {
  assert.equal(backoffDelayMs(0, 100, 0.5, 5_000), 5_050);
});

test('backoffDelayMs obeys no time that would overflow a timer', () => {
  assert.equal(backoffDelayMs(0, 100, 0, Number.MAX_SAFE_INTEGER), 3_600_000);
});

test('resolveBackoff fills in the defaults', () => {
  assert.deepEqual(resolveBackoff(), { firstMs: 250, factor: 2, capMs: 15_000 });
});

test('resolveBackoff names the value that makes no backoff', () => {
  for (const [options, name] of [
    [{ firstMs: 0 }, /firstMs is 0/],
    [{ factor: 0.5 }, /factor is 0.5/],
    [{ capMs: Number.NaN }, /capMs is NaN/],
    [{ firstMs: 500, capMs: 100 }, /capMs is 100/],
  ] as const) {
    assert.throws(() => resolveBackoff(options), { code: 'badRequest', message: name });
  }
});
