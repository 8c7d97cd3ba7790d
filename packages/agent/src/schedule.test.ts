import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { schedule } from './schedule.ts';

/** Runs a schedule whose n-th tick takes `workMs[n]`, and returns when each tick came and what it skipped. */
async function run(workMs: readonly number[], intervalMs: number, totalMs: number) {
  const virtual = new VirtualWorld();
  const stop = new AbortController();
  const ticks: { atMs: number; index: number; skipped: number }[] = [];
  const done = (async () => {
    for await (const tick of schedule(virtual.world, intervalMs, stop.signal)) {
      ticks.push({ atMs: virtual.now, ...tick });
      const work = Promise.withResolvers<void>();
      virtual.world.timers.after(workMs[ticks.length - 1] ?? 0, work.resolve);
      await work.promise;
    }
  })();
  await virtual.advance(totalMs);
  stop.abort();
  await virtual.advance(intervalMs * 20);
  await done;
  assert.equal(virtual.pendingTimers, 0);
  return ticks;
}

test('schedule does not drift: work shorter than the interval does not move the next tick', async () => {
  const ticks = await run([3, 250, 999, 700], 1_000, 10_500);
  assert.deepEqual(
    ticks.map(({ atMs }) => atMs),
    [1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000],
  );
  assert.ok(ticks.every(({ skipped }) => skipped === 0));
});

test('schedule skips and counts missed ticks instead of making up for them in a burst', async () => {
  const ticks = await run([3_400], 1_000, 7_500);
  assert.deepEqual(
    ticks.map(({ atMs, index, skipped }) => [atMs, index, skipped]),
    [
      [1_000, 1, 0],
      [4_400, 4, 2],
      [5_000, 5, 0],
      [6_000, 6, 0],
      [7_000, 7, 0],
    ],
  );
});

test('schedule refuses an interval that is no time', async () => {
  for (const intervalMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const ticks = schedule(new VirtualWorld().world, intervalMs, new AbortController().signal);
    await assert.rejects(ticks.next(), { code: 'badRequest' });
  }
});
