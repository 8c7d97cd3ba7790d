import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { ReadQueue } from './read_queue.ts';

test('ReadQueue runs jobs in order, at most so many at a time, and none that was cancelled', async () => {
  const virtual = new VirtualWorld();
  const queue = new ReadQueue(2);
  const started: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const jobs = ends.map(({ promise }, index) => () => {
    started.push(index);
    return promise;
  });
  for (const job of jobs) queue.add(job);
  assert.deepEqual(started, [0, 1]);
  assert.equal(queue.length, 5);
  queue.cancel(jobs[2] ?? (async () => undefined));
  ends[1]?.resolve();
  await virtual.advance(0);
  assert.deepEqual(started, [0, 1, 3]);
  for (const { resolve } of ends) resolve();
  await virtual.advance(0);
  assert.deepEqual(started, [0, 1, 3, 4]);
  assert.equal(queue.length, 0);
});
