import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeWorld } from './mod.ts';

test('nodeWorld tells wall time in nanoseconds, finer than milliseconds and near the system clock', () => {
  const { clock } = nodeWorld;
  const times = Array.from({ length: 1_000 }, () => clock.wallNs());
  const systemMs = BigInt(Date.now());
  const last = times.at(-1) ?? assert.fail();
  const differenceMs = last / 1_000_000n - systemMs;
  assert(differenceMs >= -5n && differenceMs <= 5n, `${differenceMs} ms from the system clock`);
  assert(new Set(times).size > 500, 'neighbouring times are equal');
});

test('nodeWorld timers run once, or not at all when cancelled', async () => {
  let runs = 0;
  const cancelled = nodeWorld.timers.after(0, () => assert.fail('cancelled'));
  cancelled.cancel();
  await new Promise<void>((resolve) => {
    nodeWorld.timers.after(1, () => {
      runs += 1;
      resolve();
    });
  });
  assert.equal(runs, 1);
});

test('nodeWorld random gives fractions below one, and bytes of any length', () => {
  const { random } = nodeWorld;
  for (let index = 0; index < 100; index++) assert(random.fraction() >= 0 && random.fraction() < 1);
  assert.equal(random.bytes(0).length, 0);
  assert.notDeepEqual(random.bytes(16), random.bytes(16));
});
