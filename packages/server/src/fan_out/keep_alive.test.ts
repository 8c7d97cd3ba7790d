import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { FakePeer } from '../testing/fake_peer.ts';
import { testBroker } from '../testing/test_broker.ts';
import { KeepAlive } from './keep_alive.ts';

function start(heartbeatMs = 10_000) {
  const virtual = new VirtualWorld();
  const touched: [string, number][] = [];
  const log = { touch: (stream: string) => touched.push([stream, virtual.now]) };
  const keepAlive = new KeepAlive({ log, timers: virtual.world.timers, limits: { heartbeatMs } });
  return { virtual, touched, keepAlive };
}

test('KeepAlive touches a stream at once, then with every heartbeat, or twice in a TTL that is shorter', async () => {
  const { virtual, touched, keepAlive } = start(1_000);
  keepAlive.keep('long', 60_000);
  keepAlive.keep('short', 800);
  keepAlive.keep('short', 800);
  await virtual.advance(1_200);
  assert.deepEqual(touched, [
    ['long', 0],
    ['short', 0],
    ['short', 400],
    ['short', 800],
    ['long', 1_000],
    ['short', 1_200],
  ]);
});

test('KeepAlive touches at most ten times a second, however short a TTL is [P7]', async () => {
  const { virtual, touched, keepAlive } = start();
  keepAlive.keep('a', 1);
  await virtual.advance(1_000);
  assert.equal(touched.length, 11);
});

test('KeepAlive leaves nothing behind for a stream that nobody reads any more', async () => {
  const { virtual, touched, keepAlive } = start();
  keepAlive.keep('a', 1_000);
  keepAlive.drop('a');
  keepAlive.drop('b');
  await virtual.advance(5_000);
  assert.deepEqual([touched.length, keepAlive.size, virtual.pendingTimers], [1, 0, 0]);
});

test('Feeds keep a stream with a sliding lifetime alive while a session reads it, and no longer', async () => {
  const { broker, virtual } = testBroker();
  await broker.store.log.create('s', { lifetime: { ttlMs: 5_000 } });
  const peer = FakePeer.greeting(broker);
  peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 1_000 });
  await virtual.advance(19_000);
  assert.equal(typeof (await broker.store.log.info('s')), 'object');
  peer.say({ type: 'unsubscribe', sub: 1 });
  await virtual.advance(5_000);
  assert.equal(await broker.store.log.info('s'), 'gone');
});

test('Feeds do not keep a stream alive whose readers read the one that was deleted before', async () => {
  const { broker, virtual } = testBroker();
  await broker.store.log.create('s', { lifetime: { ttlMs: 5_000 } });
  const peer = FakePeer.greeting(broker);
  peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 1_000 });
  await virtual.advance(4_000);
  await broker.store.log.delete('s');
  await broker.store.log.create('s', { lifetime: { ttlMs: 5_000 } });
  await virtual.advance(5_000);
  assert.equal(await broker.store.log.info('s'), 'gone');
});

test('Feeds tell a reader when the lifetime of its stream is over', async () => {
  const { broker, virtual } = testBroker();
  const expiresAtMs = Number(virtual.world.clock.wallNs() / 1_000_000n) + 5_000;
  await broker.store.log.create('s', { lifetime: { expiresAtMs } });
  const peer = FakePeer.greeting(broker);
  peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 1_000 });
  await virtual.advance(5_000);
  assert.deepEqual(
    peer.of('ended').map(({ reason }) => reason),
    ['deleted'],
  );
});
