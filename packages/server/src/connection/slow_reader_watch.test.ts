import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { SlowReaderWatch } from './slow_reader_watch.ts';

function watched() {
  const virtual = new VirtualWorld();
  const { clock, timers } = virtual.world;
  const peer = { waiting: false, slow: 0 };
  const watch = new SlowReaderWatch({
    clock,
    timers,
    slowReaderMs: 60_000,
    waiting: () => peer.waiting,
    slow: () => {
      peer.slow += 1;
    },
  });
  return { virtual, peer, watch };
}

test('SlowReaderWatch counts from when something began to be on its way, not from what was sent long before', async () => {
  const { virtual, peer, watch } = watched();
  watch.sent(); // so little that nothing is on its way
  await virtual.advance(59_900);
  peer.waiting = true;
  watch.sent();
  await virtual.advance(59_900);
  assert.equal(peer.slow, 0);
  await virtual.advance(100);
  assert.equal(peer.slow, 1);
});

test('SlowReaderWatch gives a peer that takes little but steadily its time, and keeps no timer when nothing waits', async () => {
  const { virtual, peer, watch } = watched();
  peer.waiting = true;
  for (let round = 0; round < 5; round++) {
    watch.sent();
    await virtual.advance(50_000);
    watch.took();
  }
  peer.waiting = false;
  await virtual.advance(60_000);
  assert.equal(peer.slow, 0);
  assert.equal(virtual.pendingTimers, 0);
});
