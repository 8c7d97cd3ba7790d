import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sequenceValues } from '@packetboat/core';
import { FakePeer } from '../testing/fake_peer.ts';
import { resumed, sessionBench } from '../testing/session_bench.ts';

const wish = { type: 'sequence', index: 0, n: 3, tickMs: 100, algorithm: 'crc-32' } as const;

test('Sequences: two servers over one store: another one was begun at the other: that one goes on, whatever the first knew [A2.8] [C2.1]', async () => {
  const { virtual, store, serve } = sessionBench({}, true);
  const [here, there] = [serve(), serve()];
  const first = await FakePeer.welcomed(here);
  first.say(wish);
  await virtual.advance(0);
  const away = await resumed(there, first.identity);
  away.say({ type: 'sum' });
  away.say(wish);
  await virtual.advance(0);
  // Back before the first server has looked who has the session.
  const back = await resumed(here, first.identity);
  back.say(wish);
  await virtual.advance(wish.tickMs);
  const [entry] = await store.map.list('sequence/', undefined, 2);
  const { seed } = JSON.parse(Buffer.from(entry?.value ?? []).toString()) as { readonly seed: string };
  assert.equal(back.of('number')[0]?.value, sequenceValues(seed)(0));
  assert.deepEqual([first.closed?.reason, away.closed], ['takenOver', undefined]);
});

test('Sequences: two servers over one store: begun here while the session ends at the other: nothing of it stays [I10] [A2.8]', async () => {
  const { virtual, store, serve } = sessionBench({}, true);
  const [here, there] = [serve(), serve()];
  const first = await FakePeer.welcomed(here);
  const put = store.map.put.bind(store.map);
  const late = Promise.withResolvers<void>();
  store.map.put = async (key, ...rest) => {
    if (key.startsWith('sequence/')) await late.promise;
    return put(key, ...rest);
  };
  first.say(wish);
  const away = await resumed(there, first.identity);
  away.say({ type: 'bye' });
  await virtual.advance(0);
  late.resolve();
  await virtual.advance(0);
  assert.equal(first.of('sequenceRefused')[0]?.code, 'expired');
  assert.deepEqual(await store.map.list('sequence/', undefined, 2), []);
});
