import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { StoreClock } from './store_clock.ts';

test('StoreClock goes on where it was, by the monotonic clock', async () => {
  const virtual = new VirtualWorld();
  await virtual.advance(500);
  const clock = new StoreClock(virtual.world.clock, 10_000);
  assert.equal(clock.openMs, 10_000);
  await virtual.advance(250);
  assert.deepEqual(clock.moment, { wallNs: virtual.world.clock.wallNs(), openMs: 10_250 });
});

test('StoreClock does not follow a wall clock that is set', () => {
  let wallNs = 1_000n;
  const clock = new StoreClock({ monotonicMs: () => 7, wallNs: () => wallNs }, 5);
  wallNs = 10n ** 18n;
  assert.equal(clock.openMs, 5);
  wallNs = -1n;
  assert.deepEqual(clock.moment, { wallNs: -1n, openMs: 5 });
});
