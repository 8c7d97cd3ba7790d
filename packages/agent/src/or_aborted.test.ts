import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { orAborted } from './or_aborted.ts';

test('orAborted settles as its promise does, and leaves nothing on the signal', async () => {
  const { signal } = new AbortController();
  assert.equal(await orAborted(Promise.resolve(7), signal), 7);
  await assert.rejects(orAborted(Promise.reject(new Error('no')), signal), /no/);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('orAborted does not wait after an abort, and a later rejection is nobody’s', async () => {
  for (const abortFirst of [true, false]) {
    const stop = new AbortController();
    const promise = Promise.withResolvers<number>();
    if (abortFirst) stop.abort();
    const waiting = orAborted(promise.promise, stop.signal);
    stop.abort();
    assert.equal(await waiting, undefined);
    promise.reject(new Error('late'));
    // An unhandled rejection would fail this test.
    await new VirtualWorld().advance(1);
  }
});
