import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dice } from './dice.ts';
import { Life } from './life.ts';
import { MachineClock } from './machine_clock.ts';
import { Timeline } from './timeline.ts';

test('Timeline runs things by their time, and those of one time in the order in which they were set', async () => {
  const timeline = new Timeline();
  const ran: string[] = [];
  const dice = new Dice(1);
  for (let index = 0; index < 100; index++) {
    const atMs = dice.integer(0, 9);
    timeline.after(atMs, () => ran.push(`${atMs} ${String(index).padStart(3)}`));
  }
  await timeline.run(100);
  assert.equal(ran.length, 100);
  assert.deepEqual(ran, ran.toSorted());
  assert.equal(timeline.nowMs, 100);
});

test('Timeline lets promises settle between two things, and stops when it is done', async () => {
  const timeline = new Timeline();
  const ran: string[] = [];
  timeline.after(1, () => void Promise.resolve().then(() => ran.push('settled')));
  timeline.after(1, () => ran.push('next'));
  timeline.after(2, () => ran.push('never'));
  await timeline.run(100, () => ran.length === 2);
  assert.deepEqual(ran, ['settled', 'next']);
  assert.equal(timeline.nowMs, 1);
});

test('Life ends: no timer of it runs any more, whoever sets it', async () => {
  const timeline = new Timeline();
  const life = new Life(timeline, new Dice(1), new MachineClock(timeline, 1, 0));
  const ran: string[] = [];
  life.world.timers.after(1, () => ran.push('before'));
  life.world.timers.after(5, () => ran.push('after'));
  await timeline.run(2);
  assert.equal(life.pendingTimers, 1);
  life.end();
  life.world.timers.after(1, () => ran.push('dead'));
  await timeline.run(10);
  assert.deepEqual(ran, ['before']);
});

test('MachineClock goes at its own rate, and its wall clock jumps alone', async () => {
  const timeline = new Timeline();
  const clock = new MachineClock(timeline, 1.1, 0);
  const beganNs = clock.wallNs();
  await timeline.run(1_000);
  assert.equal(Math.round(clock.monotonicMs()), 1_100);
  clock.jump(-5_000);
  assert.equal(clock.wallNs() - beganNs, -3_900_000_000n);
  assert.equal(Math.round(clock.monotonicMs()), 1_100);
});
