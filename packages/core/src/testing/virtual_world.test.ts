import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from './virtual_world.ts';

test('VirtualWorld runs timers in order of time, then of setting, exactly when due', async () => {
  const virtual = new VirtualWorld();
  const { timers, clock } = virtual.world;
  const ran: string[] = [];
  for (const [name, delayMs] of [
    ['c', 20],
    ['a', 10],
    ['b', 10],
    ['late', 31],
  ] as const) {
    timers.after(delayMs, () => ran.push(`${name} ${clock.monotonicMs()}`));
  }
  timers.after(5, () => assert.fail('cancelled')).cancel();
  await virtual.advance(30);
  assert.deepEqual(ran, ['a 10', 'b 10', 'c 20']);
  assert.equal(virtual.now, 30);
  assert.equal(virtual.pendingTimers, 1);
});

test('VirtualWorld lets promises settle between timers, and runs what they set', async () => {
  const virtual = new VirtualWorld();
  const { timers, clock } = virtual.world;
  const wait = (delayMs: number) => new Promise<void>((resolve) => timers.after(delayMs, resolve));
  const times: number[] = [];
  const loop = async () => {
    for (let round = 0; round < 5; round++) {
      await wait(10);
      times.push(clock.monotonicMs());
    }
  };
  const done = loop();
  await virtual.advance(100);
  await done;
  assert.deepEqual(times, [10, 20, 30, 40, 50]);
});

test('VirtualWorld wall time stands still with it, to the nanosecond', async () => {
  const virtual = new VirtualWorld(1, 1_000n);
  assert.equal(virtual.world.clock.wallNs(), 1_000n);
  assert.equal(virtual.world.clock.wallNs(), 1_000n);
  await virtual.advance(1.5);
  assert.equal(virtual.world.clock.wallNs(), 1_501_000n);
});

function draw(seed: number): number[] {
  const { random } = new VirtualWorld(seed).world;
  return [...random.bytes(8), random.fraction()];
}

test('VirtualWorld chance follows the seed', () => {
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  const { random } = new VirtualWorld(0).world;
  const fractions = Array.from({ length: 1_000 }, () => random.fraction());
  assert(fractions.every((fraction) => fraction >= 0 && fraction < 1));
  const mean = fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length;
  assert(mean > 0.45 && mean < 0.55, `mean ${mean}`);
});
