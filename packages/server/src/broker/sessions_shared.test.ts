import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import type { Broker } from './broker.ts';
import { FakePeer } from '../testing/fake_peer.ts';
import { everySecond, kill, resumed, sessionBench } from '../testing/session_bench.ts';

const windowMs = 30_000;

test('Sessions: two servers over one store: a session goes on at the other, and the first lets go of it [A2.8] [C2.3]', async () => {
  const { virtual, limits, serve, entries } = sessionBench({}, true);
  const [here, there] = [serve(), serve()];
  const peer = await FakePeer.welcomed(here);
  const moved = await resumed(there, peer.identity);
  await virtual.advance(limits.serverLeaseMs / 3);
  assert.equal(peer.closed?.reason, 'takenOver');
  assert.equal(here.sessions.size, 0);
  assert.equal(there.sessions.attached, 1);
  moved.connection.linkClosed();
  await virtual.advance(windowMs - 1);
  assert.equal((await entries()).length, 1);
  await virtual.advance(1);
  assert.equal((await entries()).length, 0);
});

test('Sessions: two servers over one store: the window ends at one while the other resumes: one of both holds', async () => {
  const { virtual, store, serve, entries } = sessionBench({ serverLeaseMs: 1_000_000 }, true);
  const [here, there] = [serve(), serve()];
  const told: string[] = [];
  for (const broker of [here, there]) broker.sessions.whenEnded(async (session) => void told.push(session));

  // Resumed there a moment before: here it does not end any more.
  const kept = await FakePeer.welcomed(here);
  kept.connection.linkClosed();
  await virtual.advance(windowMs - 1);
  const moved = await resumed(there, kept.identity);
  await virtual.advance(1);
  assert.equal((await entries()).length, 1);
  assert.equal(here.sessions.size, 0);
  assert.deepEqual(told, []);
  moved.say({ type: 'bye' });
  await virtual.advance(0);

  // Looked at there before, and ended here before it is taken: it stays ended.
  const lost = await FakePeer.welcomed(here);
  lost.connection.linkClosed();
  await virtual.advance(windowMs - 1);
  const put = store.map.put.bind(store.map);
  const late = Promise.withResolvers<void>();
  store.map.put = async (...args) => {
    await late.promise;
    return put(...args);
  };
  const tooLate = FakePeer.greeting(there, lost.identity);
  await virtual.advance(1);
  late.resolve();
  await virtual.advance(0);
  assert.equal(tooLate.of('refused')[0]?.code, 'expired');
  assert.deepEqual(await entries(), []);
  assert.deepEqual(told, [kept.identity.session, lost.identity.session]);
});

test('Sessions: two servers over one store: only the one that has a session lets it expire', async () => {
  const { virtual, limits, serve, entries } = sessionBench({}, true);
  const [here, there] = [serve(), serve()];
  const peer = await FakePeer.welcomed(here);
  const life = everySecond(virtual, () => peer.connection.heard(1));
  await virtual.advance(10 * windowMs);
  assert.equal(there.sessions.size, 0);
  assert.equal((await entries()).length, 1);
  assert.equal(peer.closed, undefined);
  life.stop();
  await virtual.advance(3 * limits.heartbeatMs + windowMs);
  assert.equal((await entries()).length, 0);
});

test('Sessions: two servers over one store: what a dead one leaves is adopted, once, and has its window [A2.8]', async () => {
  const { virtual, limits, serve, entries } = sessionBench({}, true);
  const [dead, left, right] = [serve(), serve(), serve()];
  const peers = await Promise.all(Array.from({ length: 10 }, () => FakePeer.welcomed(dead)));
  kill(dead);
  const [first] = peers;
  assert.ok(first);
  // At once, at another server: nobody has to find out first.
  const moved = await resumed(left, first.identity);
  const life = everySecond(virtual, () => moved.connection.heard(1));
  await virtual.advance(2 * limits.serverLeaseMs);
  assert.equal(left.sessions.size + right.sessions.size, 10);
  await virtual.advance(windowMs);
  life.stop();
  assert.equal((await entries()).length, 1);
  assert.equal(left.sessions.attached, 1);
});

test('Sessions: two servers over one store: started on a full disk: lets people in when there is room again [P8]', async () => {
  const { virtual, store, serve } = sessionBench({}, true);
  const put = store.map.put.bind(store.map);
  let full = true;
  store.map.put = async (...args) => {
    if (full) throw new PacketboatError('diskFull', 'no room');
    return put(...args);
  };
  const here = serve();
  const early = FakePeer.greeting(here);
  await virtual.advance(0);
  assert.equal(early.of('refused')[0]?.code, 'diskFull');
  full = false;
  await FakePeer.welcomed(here);
  assert.equal(here.sessions.attached, 1);
});

test('Sessions: a hello that was held up on its way does not take over from a later one of the same life, wherever it arrives [F13] [H21]', async () => {
  const { serve } = sessionBench({}, true);
  const [here, there] = [serve(), serve()];
  const { identity } = await FakePeer.welcomed(here);
  const resume = (broker: Broker, life: string, attempt: number) =>
    FakePeer.welcomed(broker, { ...identity, life, attempt });
  const later = await resume(here, 'a', 2);
  for (const broker of [here, there]) {
    const late = await resume(broker, 'a', 1);
    assert.equal(late.of('refused')[0]?.code, 'takenOver');
  }
  assert.equal(later.closed, undefined);
  // The next one of this life goes on, and so does another program.
  for (const [broker, life, attempt] of [
    [there, 'a', 3],
    [here, 'b', 1],
    [here, 'a', 4],
  ] as const) {
    assert.equal((await resume(broker, life, attempt)).of('welcome')[0]?.resumed, true);
  }
});

test('Sessions: a life with an endless name: refused, and nothing of it is stored', async () => {
  const { serve, entries } = sessionBench();
  const broker = serve();
  const { identity } = await FakePeer.welcomed(broker);
  const before = await entries();
  const peer = await FakePeer.welcomed(broker, { ...identity, life: 'x'.repeat(65), attempt: 1 });
  assert.equal(peer.of('refused')[0]?.code, 'badRequest');
  assert.deepEqual(await entries(), before);
});

test('Sessions: started on a full disk, and nobody comes: what earlier lives left expires all the same [I10] [P8]', async () => {
  for (const shared of [true, false]) {
    const { virtual, limits, store, serve, entries } = sessionBench({}, shared);
    const dead = serve();
    await FakePeer.welcomed(dead);
    kill(dead);
    const [put, list] = [store.map.put.bind(store.map), store.map.list.bind(store.map)];
    store.map.put = () => Promise.reject(new PacketboatError('diskFull', 'no room'));
    store.map.list = () => Promise.reject(new PacketboatError('damaged', 'a page is damaged'));
    serve();
    await virtual.advance(1_000);
    Object.assign(store.map, { put, list });
    await virtual.advance(2 * limits.serverLeaseMs + windowMs);
    assert.deepEqual(await entries(), []);
  }
});

test('Sessions: two servers over one store: one starts while the other looks for dead ones: it keeps its sessions [A2.8]', async () => {
  const { virtual, limits, store, serve } = sessionBench({}, true);
  const here = serve();
  await virtual.advance(0);
  const list = store.map.list.bind(store.map);
  let late: Promise<FakePeer> | undefined;
  store.map.list = async (prefix, after, limit) => {
    // Who lives was asked before, whose sessions there are is asked now.
    if (prefix === 'session/' && late === undefined) {
      late = FakePeer.welcomed(serve());
      await late;
    }
    return list(prefix, after, limit);
  };
  await virtual.advance(limits.serverLeaseMs);
  const peer = await late;
  assert.equal(peer?.of('welcome').length, 1);
  assert.equal(peer?.closed, undefined);
  assert.equal(here.sessions.size, 0);
});

test('Sessions: two servers over one store: a disk that is full for longer than a lease: nobody is taken for dead [A2.8] [P8]', async () => {
  const { virtual, limits, store, serve } = sessionBench({}, true);
  const [here, there] = [serve(), serve()];
  const peers = [await FakePeer.welcomed(here), await FakePeer.welcomed(there)];
  const alive = everySecond(virtual, () => peers.forEach((peer) => peer.connection.heard(1)));
  const put = store.map.put.bind(store.map);
  store.map.put = () => Promise.reject(new PacketboatError('diskFull', 'no room'));
  await virtual.advance(2 * limits.serverLeaseMs + 1);
  let renewed = 0;
  // Whoever has room first looks at the others before they have.
  store.map.put = async (...args) => {
    if (renewed++ > 0) await new Promise<void>((resolve) => virtual.world.timers.after(1, resolve));
    return put(...args);
  };
  await virtual.advance(2 * limits.serverLeaseMs);
  alive.stop();
  for (const { closed } of peers) assert.equal(closed, undefined);
});

test('Sessions: two servers over one store: one that gave no sign of life for a lease and lives: its clients come back, and go on [A2.8] [P4]', async () => {
  const { virtual, limits, store, serve } = sessionBench({}, true);
  const [here, there] = [serve(), serve()];
  const peer = await FakePeer.welcomed(here);
  const alive = everySecond(virtual, () => peer.connection.heard(1));
  const put = store.map.put.bind(store.map);
  const { serverLeaseMs } = limits;
  let paused = true;
  store.map.put = async (key, ...rest) => {
    const isSign = paused && key === `server/${here.sessions.server}`;
    if (isSign) await new Promise<void>((resolve) => virtual.world.timers.after(1.5 * serverLeaseMs, resolve));
    return put(key, ...rest);
  };
  await virtual.advance(1.5 * serverLeaseMs);
  assert.ok(there.sessions.has(peer.identity.session));
  paused = false;
  await virtual.advance(serverLeaseMs);
  alive.stop();
  assert.deepEqual(peer.closed, { code: 4001, reason: 'timeout' });
  const back = await resumed(here, peer.identity);
  await virtual.advance(serverLeaseMs / 3);
  assert.equal(back.closed, undefined);
  assert.equal(there.sessions.size, 0);
});
