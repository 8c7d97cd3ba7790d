import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { FakePeer } from '../testing/fake_peer.ts';
import { refusalOf, resumed, sessionBench } from '../testing/session_bench.ts';

const windowMs = 30_000;

test('Sessions: a resume whose answer comes behind that of a later one has lost the session to it', async () => {
  const { virtual, store, serve } = sessionBench();
  const broker = serve();
  const { identity } = await FakePeer.welcomed(broker);
  const put = store.map.put.bind(store.map);
  const late = Promise.withResolvers<void>();
  store.map.put = async (...args) => {
    store.map.put = put;
    const outcome = await put(...args);
    await late.promise;
    return outcome;
  };
  const first = FakePeer.greeting(broker, identity);
  await virtual.advance(0);
  const second = await resumed(broker, identity);
  late.resolve();
  await virtual.advance(0);
  assert.equal(first.of('refused')[0]?.code, 'takenOver');
  assert.equal(second.closed, undefined);
});

test('Sessions: a peer that leaves before its welcome leaves no session, and one that resumed leaves it detached', async () => {
  const { virtual, serve, entries } = sessionBench();
  const broker = serve();
  const fleeting = FakePeer.greeting(broker);
  fleeting.connection.linkClosed();
  await virtual.advance(0);
  assert.deepEqual(await entries(), []);
  const peer = await FakePeer.welcomed(broker);
  peer.connection.linkClosed();
  const returning = FakePeer.greeting(broker, peer.identity);
  returning.connection.linkClosed();
  await virtual.advance(0);
  assert.equal(broker.counters.sessionsResumed, 1);
  assert.equal(broker.sessions.attached, 0);
  await virtual.advance(windowMs);
  assert.equal(broker.sessions.size, 0);
});

test('Sessions: a store without room: let in all the same, with a session that ends with its connection [P8]', async () => {
  const { virtual, store, serve } = sessionBench();
  const broker = serve();
  const put = store.map.put.bind(store.map);
  store.map.put = async () => {
    throw new PacketboatError('diskFull', 'the disk is full');
  };
  const peer = await FakePeer.welcomed(broker);
  assert.equal(peer.of('welcome')[0]?.token, undefined);
  assert.equal(broker.sessions.size, 1);
  peer.connection.linkClosed();
  await virtual.advance(0);
  assert.equal(broker.sessions.size, 0);
  assert.equal(virtual.pendingTimers, 0);
  store.map.put = put;
  assert.ok((await FakePeer.welcomed(broker)).identity.token);
});

test('Sessions: a resume that the store cannot take now: told to come back, and the window goes on', async () => {
  const { virtual, store, serve } = sessionBench();
  const broker = serve();
  const peer = await FakePeer.welcomed(broker);
  peer.connection.linkClosed();
  const put = store.map.put.bind(store.map);
  store.map.put = async () => {
    throw new PacketboatError('busy', 'too much waits', { retryAfterMs: 5 });
  };
  assert.equal(await refusalOf(broker, peer.identity), 'busy');
  store.map.put = put;
  await virtual.advance(windowMs - 1);
  const back = await resumed(broker, peer.identity);
  back.connection.linkClosed();
  await virtual.advance(windowMs);
  assert.equal(broker.sessions.size, 0);
  assert.equal(virtual.pendingTimers, 0);
});

test('Sessions: a resume that the store decides while the window ends is in time', async () => {
  const { virtual, store, serve } = sessionBench();
  const broker = serve();
  const peer = await FakePeer.welcomed(broker);
  peer.connection.linkClosed();
  await virtual.advance(windowMs - 1);
  const slow = Promise.withResolvers<void>();
  const put = store.map.put.bind(store.map);
  store.map.put = async (...args) => {
    await slow.promise;
    return put(...args);
  };
  const back = FakePeer.greeting(broker, peer.identity);
  await virtual.advance(1_000);
  assert.equal(broker.sessions.size, 1);
  slow.resolve();
  await virtual.advance(0);
  assert.equal(back.of('welcome')[0]?.resumed, true);
  await virtual.advance(1);
  assert.equal(broker.sessions.attached, 1);
});

test('Sessions: a store that does not answer a hello in time: told to come back', async () => {
  const { virtual, store, serve, limits } = sessionBench();
  const broker = serve();
  store.map.put = () => new Promise(() => undefined);
  const peer = FakePeer.greeting(broker);
  await virtual.advance(limits.helloTimeoutMs);
  assert.equal(peer.of('refused')[0]?.code, 'busy');
  assert.equal(broker.connections.size, 0);
});

test('Sessions: an entry that cannot be deleted is deleted later, and admits nobody meanwhile', async () => {
  const { virtual, store, serve, entries } = sessionBench();
  const broker = serve();
  const peer = await FakePeer.welcomed(broker);
  peer.connection.linkClosed();
  const remove = store.map.delete.bind(store.map);
  store.map.delete = async () => {
    throw new PacketboatError('busy', 'too much waits');
  };
  await virtual.advance(windowMs);
  assert.equal((await entries()).length, 1);
  assert.equal(await refusalOf(broker, peer.identity), 'expired');
  store.map.delete = remove;
  await virtual.advance(windowMs);
  assert.equal((await entries()).length, 0);
  assert.equal(broker.sessions.size, 0);
  assert.equal(virtual.pendingTimers, 0);
});

test('Sessions: one that is over and could not be deleted: deleted soon after there is room again, however long its window [I10] [P8]', async () => {
  const { virtual, store, serve, entries } = sessionBench({ windowMs: 100 * 86_400_000 });
  const broker = serve();
  const peer = await FakePeer.welcomed(broker);
  const remove = store.map.delete.bind(store.map);
  store.map.delete = () => Promise.reject(new PacketboatError('diskFull', 'no room'));
  peer.say({ type: 'bye' });
  await virtual.advance(60_000);
  assert.equal(await refusalOf(broker, peer.identity), 'expired');
  store.map.delete = remove;
  await virtual.advance(10_000);
  assert.deepEqual(await entries(), []);
  assert.equal(broker.sessions.size, 0);
});
