import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heartbeat } from './heartbeat.ts';
import { VirtualWorld } from './testing/virtual_world.ts';

function start() {
  const world = new VirtualWorld();
  const { clock, timers } = world.world;
  const events: string[] = [];
  const heartbeat = new Heartbeat({
    clock,
    timers,
    heartbeatMs: 10_000,
    missedMax: 3,
    beat: () => events.push(`beat ${world.now}`),
    lost: () => events.push(`lost ${world.now}`),
  });
  return { world, events, heartbeat };
}

test('Heartbeat speaks after every idle interval, and gives a silent peer up after the third', async () => {
  const { world, events } = start();
  await world.advance(100_000);
  assert.deepEqual(events, ['beat 10000', 'beat 20000', 'lost 30000']);
  assert.equal(world.pendingTimers, 0);
});

test('Heartbeat does not speak while this side sends anyway', async () => {
  const { world, events, heartbeat } = start();
  for (let second = 0; second < 60; second++) {
    await world.advance(1_000);
    heartbeat.heard();
    heartbeat.spoke();
  }
  assert.deepEqual(events, []);
  await world.advance(10_000);
  assert.deepEqual(events, ['beat 70000']);
});

test('Heartbeat keeps a peer that shows life just in time, and counts silence from the last sign', async () => {
  const { world, events, heartbeat } = start();
  for (let round = 0; round < 5; round++) {
    await world.advance(29_999);
    heartbeat.heard();
  }
  assert(!events.some((event) => event.startsWith('lost')));
  await world.advance(29_999);
  assert(!events.some((event) => event.startsWith('lost')));
  await world.advance(1);
  assert.equal(events.at(-1), `lost ${6 * 29_999 + 1}`);
});

test('Heartbeat needs one timer, however busy the link', async () => {
  const { world, heartbeat } = start();
  for (let index = 0; index < 1_000; index++) {
    heartbeat.heard();
    heartbeat.spoke();
    assert.equal(world.pendingTimers, 1);
  }
});

test('Heartbeat is silent once stopped, also when stopped while it speaks', async () => {
  const world = new VirtualWorld();
  const { clock, timers } = world.world;
  let beats = 0;
  const heartbeat: Heartbeat = new Heartbeat({
    clock,
    timers,
    heartbeatMs: 10,
    missedMax: 3,
    beat: () => {
      beats += 1;
      heartbeat.stop();
    },
    lost: () => assert.fail('lost after stop'),
  });
  await world.advance(1_000);
  assert.equal(beats, 1);
  assert.equal(world.pendingTimers, 0);
});
