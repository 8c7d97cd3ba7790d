import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogListener } from '@packetboat/core';
import { testBroker } from '../testing/test_broker.ts';

test('CommitListeners tell all of them of every commit, in the order they were added, before the append settles', async () => {
  const { broker, store, settle } = testBroker();
  const told: string[] = [];
  const listener = (name: string): LogListener => ({
    segment: ({ stream, count }) => void told.push(`${name} ${stream} +${count}`),
    trimmed: ({ stream }) => void told.push(`${name} ${stream} trimmed`),
    deleted: (stream) => void told.push(`${name} ${stream} deleted`),
  });
  broker.commits.add(listener('first'));
  broker.commits.add(listener('second'));
  await store.log.create('s');
  const closing = store.log.close('s').then(() => told.push('settled'));
  await settle();
  await closing;
  await store.log.delete('s');
  assert.deepEqual(told, ['first s +0', 'second s +0', 'settled', 'first s deleted', 'second s deleted']);
});
