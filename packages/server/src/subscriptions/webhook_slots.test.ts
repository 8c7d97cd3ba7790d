import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { WebhookSlots } from './webhook_slots.ts';

/** Calls that end when they are told to. */
function bench(max: number) {
  const slots = new WebhookSlots(max);
  const virtual = new VirtualWorld();
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const begin = async (name: string, slow: boolean) => {
    void slots.run(slow, () => {
      started.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
    await virtual.advance(0);
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await virtual.advance(0);
  };
  return { started, begin, end };
}

test('WebhookSlots runs so many calls at a time, in the order they came [P7]', async () => {
  const { started, begin, end } = bench(2);
  for (const name of ['a', 'b', 'c', 'd']) await begin(name, false);
  assert.deepEqual(started, ['a', 'b']);
  await end('b');
  assert.deepEqual(started, ['a', 'b', 'c']);
  await end('a');
  assert.deepEqual(started, ['a', 'b', 'c', 'd']);
});

test('WebhookSlots keeps half of the places free of slow receivers', async () => {
  const { started, begin, end } = bench(4);
  for (const name of ['s1', 's2', 's3', 's4']) await begin(name, true);
  assert.deepEqual(started, ['s1', 's2']);
  await begin('quick', false);
  assert.deepEqual(started, ['s1', 's2', 'quick']);
  await end('s1');
  assert.deepEqual(started, ['s1', 's2', 'quick', 's3']);
});

test('WebhookSlots gives a place back when a call fails', async () => {
  const slots = new WebhookSlots(1);
  await assert.rejects(slots.run(false, () => Promise.reject(new Error('no'))));
  assert.equal(await slots.run(false, async () => 'next'), 'next');
});
