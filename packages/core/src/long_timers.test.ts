import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longTimers } from './long_timers.ts';
import type { Timer } from './ports.ts';
import { VirtualWorld } from './testing/virtual_world.ts';

const monthMs = 30 * 86_400_000;

/** Timers over some that do as Node's and those of browsers. */
function bench() {
  const virtual = new VirtualWorld(1);
  const set = (run: () => void, ms: number) => virtual.world.timers.after(ms > 2_147_483_647 ? 1 : ms, run);
  return { virtual, timers: longTimers(set, (timer: Timer) => timer.cancel()) };
}

for (const delayMs of [0, 1, 2_147_483_647, 2_147_483_648, 2 * 2_147_483_647, 12 * monthMs]) {
  test(`longTimers: ${delayMs} ms: runs then, and once`, async () => {
    const { virtual, timers } = bench();
    let runs = 0;
    timers.after(delayMs, () => (runs += 1));
    if (delayMs > 0) await virtual.advance(delayMs - 1);
    assert.equal(runs, 0);
    await virtual.advance(1);
    assert.equal(runs, 1);
    assert.equal(virtual.pendingTimers, 0);
  });
}

test('longTimers: cancelled at any time: does not run', async () => {
  for (const afterMs of [0, monthMs - 1]) {
    const { virtual, timers } = bench();
    const timer = timers.after(monthMs, () => assert.fail('cancelled'));
    await virtual.advance(afterMs);
    timer.cancel();
    assert.equal(virtual.pendingTimers, 0);
  }
});
