import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../server_log.ts';
import { FakePeer } from '../testing/fake_peer.ts';
import { kill, refusalOf, resumed, sessionBench } from '../testing/session_bench.ts';
import { testBroker } from '../testing/test_broker.ts';
import { Broker } from './broker.ts';

const windowMs = 30_000;

test('Sessions: a session is stored once, at hello, as little as can be, and the token not at all [C2.3]', async () => {
  const { serve, entries, virtual } = sessionBench();
  const settle = () => virtual.advance(0);
  const broker = serve();
  const peer = await FakePeer.welcomed(broker);
  const { session, token } = peer.identity;
  assert.match(token, /^[0-9a-f]{64}$/);
  const [entry, ...others] = await entries();
  assert.equal(others.length, 0);
  assert.equal(entry?.key, `session/${session}`);
  const text = new TextDecoder().decode(entry.value);
  assert.deepEqual(Object.keys(JSON.parse(text)), ['token', 'windowMs', 'server']);
  assert.ok(!text.includes(token));
  peer.say({ type: 'produce', channel: 1, stream: 's', producer: 'p', create: true });
  peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 1 });
  peer.say({ type: 'heartbeat' });
  await settle();
  assert.deepEqual((await entries())[0], entry);
});

test('Sessions: 50 cuts in a row, with no message ever sent: resumed each time, the token told once [F8] [P4] [S2.1]', async () => {
  const { virtual, serve, entries } = sessionBench();
  const broker = serve();
  let peer = await FakePeer.welcomed(broker);
  const { identity } = peer;
  for (let cut = 0; cut < 50; cut++) {
    peer.connection.linkClosed();
    await virtual.advance(windowMs - 1);
    peer = await resumed(broker, identity);
    const [welcome] = peer.of('welcome');
    assert.equal(welcome?.session, identity.session);
    assert.equal(welcome.token, undefined);
  }
  assert.equal((await entries()).length, 1);
  assert.equal(broker.sessions.size, 1);
  assert.equal(broker.counters.sessionsResumed, 50);
});

for (const [ms, outcome] of [
  [windowMs - 2_000, 'resumed'],
  [windowMs - 1, 'resumed'],
  [windowMs, 'expired'],
  [windowMs + 2_000, 'expired'],
] as const) {
  test(`Sessions: back ${ms} ms after the cut, in a window of ${windowMs} ms: ${outcome} [I7] [S2.11] [S2.12] [S2.25]`, async () => {
    const { virtual, serve, entries } = sessionBench();
    const broker = serve();
    const peer = await FakePeer.welcomed(broker);
    peer.connection.linkClosed();
    await virtual.advance(ms);
    if (outcome === 'resumed') await resumed(broker, peer.identity);
    else assert.equal(await refusalOf(broker, peer.identity), outcome);
    assert.equal((await entries()).length, outcome === 'resumed' ? 1 : 0);
  });
}

test('Sessions: the window decides, not the timer: a late timer lets nobody in [I7]', async () => {
  const { virtual, store, limits } = sessionBench();
  const { timers } = virtual.world;
  const world = { ...virtual.world, timers: { after: (ms: number, run: () => void) => timers.after(ms + 500, run) } };
  const broker = new Broker({ store, world, limits, log: silentLog });
  const peer = await FakePeer.welcomed(broker);
  peer.connection.linkClosed();
  await virtual.advance(windowMs);
  assert.equal(await refusalOf(broker, peer.identity), 'expired');
});

test('Sessions: a window is what its client was told, months too', async () => {
  const monthsMs = 100 * 86_400_000;
  const { virtual, serve, entries } = sessionBench({ windowMs: monthsMs });
  const peer = await FakePeer.welcomed(serve());
  assert.equal(peer.of('welcome')[0]?.windowMs, monthsMs);
  peer.connection.linkClosed();
  await virtual.advance(monthsMs - 1);
  assert.equal((await entries()).length, 1);
  await virtual.advance(1);
  assert.equal((await entries()).length, 0);
  assert.equal(virtual.pendingTimers, 0);
});

test('Sessions: expired: nothing is left, and who kept something for it is told once [S2.12] [I10]', async () => {
  const { virtual, store, serve } = sessionBench();
  const broker = serve();
  const told: string[] = [];
  broker.sessions.whenEnded(async (session) => void told.push(session));
  const peers = await Promise.all(Array.from({ length: 20 }, () => FakePeer.welcomed(broker)));
  for (const peer of peers) peer.connection.linkClosed();
  assert.equal(broker.sessions.attached, 0);
  assert.equal(broker.sessions.size, 20);
  await virtual.advance(windowMs);
  assert.equal(broker.sessions.size, 0);
  assert.deepEqual(await store.map.list('', undefined, 100), []);
  assert.equal(virtual.pendingTimers, 0);
  assert.equal(broker.counters.sessionsExpired, 20);
  assert.deepEqual(told.toSorted(), peers.map(({ identity }) => identity.session).toSorted());
});

test('Sessions: bye ends a session at once, and with it its place and its entry [S2.13]', async () => {
  const { virtual, serve, entries } = sessionBench();
  const broker = serve();
  const told: string[] = [];
  broker.sessions.whenEnded(async (session) => void told.push(session));
  const peer = await FakePeer.welcomed(broker);
  peer.say({ type: 'bye' });
  peer.say({ type: 'heartbeat' });
  await virtual.advance(0);
  assert.deepEqual(peer.closed, { code: 1000, reason: 'bye' });
  assert.deepEqual(await entries(), []);
  assert.equal(broker.sessions.size + broker.connections.size + virtual.pendingTimers, 0);
  assert.deepEqual(told, [peer.identity.session]);
  assert.equal(await refusalOf(broker, peer.identity), 'expired');
});

test('Sessions: a server that starts again: all stored sessions are detached as of then, and expire by their windows [P4] [A2.8]', async () => {
  const { virtual, serve, entries } = sessionBench();
  const first = serve();
  const [early, late, gone] = await Promise.all([1, 2, 3].map(() => FakePeer.welcomed(first)));
  assert.ok(early && late && gone);
  early.connection.linkClosed();
  await virtual.advance(windowMs - 1);
  kill(first);
  // The server's own downtime does not count, however long it is.
  await virtual.advance(10 * windowMs);
  const second = serve();
  await virtual.advance(windowMs - 1);
  await resumed(second, early.identity);
  await resumed(second, late.identity);
  await virtual.advance(1);
  assert.equal(await refusalOf(second, gone.identity), 'expired');
  assert.equal((await entries()).length, 2);
  assert.equal(second.sessions.size, 2);
});

test('Sessions: a graceful stop leaves the sessions to the next life', async () => {
  const { virtual, serve, entries } = sessionBench();
  const first = serve();
  const peer = await FakePeer.welcomed(first);
  await Promise.all([first.stop(), virtual.advance(0)]);
  assert.equal(virtual.pendingTimers, 0);
  await virtual.advance(2 * windowMs);
  assert.equal((await entries()).length, 1);
  await resumed(serve(), peer.identity);
});

test('Sessions: a forged id, a forged token, a token of another session: refused with a reason, nobody suffers [H21] [A2.9]', async () => {
  const { serve } = sessionBench();
  const broker = serve();
  const owner = await FakePeer.welcomed(broker);
  const other = await FakePeer.welcomed(broker);
  const { session, token } = owner.identity;
  for (const [forged, code] of [
    [{ session: 'f'.repeat(32), token }, 'expired'],
    [{ session: '__proto__', token }, 'expired'],
    [{ session: '', token: '' }, 'expired'],
    [{ session: `${session}/..`, token }, 'expired'],
    [{ session: 'x'.repeat(8_000), token }, 'expired'],
    [{ session, token: '' }, 'unauthorized'],
    [{ session, token: token.slice(1) }, 'unauthorized'],
    [{ session, token: other.identity.token }, 'unauthorized'],
    [{ session, token: `${token}\0` }, 'unauthorized'],
  ] as const) {
    assert.equal(await refusalOf(broker, forged), code, JSON.stringify(forged));
  }
  assert.equal(owner.closed, undefined);
  assert.equal(broker.sessions.attached, 2);
  assert.equal(broker.counters.refusals.get('unauthorized'), 4);
});

test('Sessions: resume of a session that is live: the old connection is fenced, and nothing is delivered twice [F13] [H21] [A2.7]', async () => {
  const bench = testBroker();
  const { broker, settle, sealed } = bench;
  const old = await FakePeer.welcomed(broker);
  old.say({ type: 'produce', channel: 1, stream: 's', producer: 'p', epoch: 0, create: true });
  old.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 10_000 });
  await settle();
  old.publish(1, sealed(0), sealed(1));
  await settle();
  const before = old.frames.length;
  const next = FakePeer.greeting(broker, old.identity);
  next.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'offset', offset: 2 }, credit: 10_000 });
  next.say({ type: 'produce', channel: 1, stream: 's', producer: 'p', epoch: 0 });
  await settle();
  assert.equal(old.of('closing')[0]?.code, 'takenOver');
  assert.deepEqual(old.closed, { code: 4409, reason: 'takenOver' });
  // The old connection, if its peer lives, can do nothing any more.
  old.publish(1, sealed(2));
  await settle();
  assert.equal(next.of('producing')[0]?.sequence, 2);
  next.publish(1, sealed(2));
  await settle();
  assert.equal(old.frames.length, before);
  assert.deepEqual(
    next.frames.map(({ base }) => base),
    [2],
  );
  assert.equal(broker.sessions.size, 1);
  assert.equal(broker.counters.sessionsTakenOver, 1);
});

test('Sessions: a half-open connection is found in three intervals; until then a resume takes over from it [F13] [S2.14]', async () => {
  const { virtual, serve, limits } = sessionBench();
  const broker = serve();
  const silent = await FakePeer.welcomed(broker);
  await virtual.advance(limits.heartbeatMs);
  const next = await resumed(broker, silent.identity);
  assert.equal(silent.closed?.reason, 'takenOver');
  await virtual.advance(3 * limits.heartbeatMs);
  assert.equal(next.closed?.reason, 'timeout');
  assert.equal(broker.sessions.attached, 0);
  // The window counts from then.
  await virtual.advance(windowMs - 1);
  await resumed(broker, silent.identity);
});

test('Sessions: many that resume one session at once: exactly one has it in the end, and the others know', async () => {
  const { virtual, serve, entries } = sessionBench();
  const broker = serve();
  const { identity } = await FakePeer.welcomed(broker);
  const peers = Array.from({ length: 30 }, () => FakePeer.greeting(broker, identity));
  await virtual.advance(1_000);
  const open = peers.filter(({ closed }) => closed === undefined);
  assert.equal(open.length, 1);
  assert.equal(open[0]?.of('welcome').length, 1);
  for (const peer of peers) assert.ok(peer === open[0] || ['takenOver', 'busy'].includes(peer.closed?.reason ?? ''));
  assert.equal(broker.sessions.size, 1);
  assert.equal((await entries()).length, 1);
  assert.equal(broker.counters.refusals.get('internal'), undefined);
});

test('Sessions: a place is kept for those who are away; who is new is refused until one is free [P7]', async () => {
  const { virtual, serve } = sessionBench({ sessionsMax: 2 });
  const broker = serve();
  const [away, here] = await Promise.all([FakePeer.welcomed(broker), FakePeer.welcomed(broker)]);
  away.connection.linkClosed();
  const refused = await FakePeer.welcomed(broker);
  assert.equal(refused.of('refused')[0]?.code, 'fullHouse');
  assert.ok((refused.of('refused')[0]?.retryAfterMs ?? 0) > 0);
  const back = await resumed(broker, away.identity);
  here.say({ type: 'bye' });
  await virtual.advance(0);
  assert.equal((await FakePeer.welcomed(broker)).of('welcome').length, 1);
  back.connection.linkClosed();
  await virtual.advance(windowMs);
  assert.equal((await FakePeer.welcomed(broker)).of('welcome').length, 1);
});

test('Sessions: hellos at once do not pass the bound', async () => {
  const { virtual, serve } = sessionBench({ sessionsMax: 3 });
  const broker = serve();
  const peers = Array.from({ length: 10 }, () => FakePeer.greeting(broker));
  await virtual.advance(0);
  assert.equal(peers.filter((peer) => peer.of('welcome').length === 1).length, 3);
  assert.equal(broker.sessions.size, 3);
});

test('Sessions: whoever is here or may come back counts as present', async () => {
  const { virtual, serve } = sessionBench();
  const broker = serve();
  const peer = await FakePeer.welcomed(broker);
  const { session } = peer.identity;
  assert.ok(broker.sessions.has(session));
  peer.connection.linkClosed();
  await virtual.advance(windowMs - 1);
  assert.ok(broker.sessions.has(session));
  await virtual.advance(1);
  assert.ok(!broker.sessions.has(session));
});

test('Sessions: bye on a connection whose session is being taken over: the resume goes on, and its window counts [F13] [I7] [I10]', async () => {
  const { virtual, store, serve, entries } = sessionBench();
  const broker = serve();
  const old = await FakePeer.welcomed(broker);
  const [put, remove] = [store.map.put.bind(store.map), store.map.delete.bind(store.map)];
  // Both are on their way to the store at once, which takes the resume first.
  const commitMs = 1;
  const commit = () => new Promise<void>((resolve) => virtual.world.timers.after(commitMs, resolve));
  store.map.put = async (...args) => commit().then(() => put(...args));
  store.map.delete = async (...args) => commit().then(() => remove(...args));
  const next = FakePeer.greeting(broker, old.identity);
  await virtual.advance(0);
  old.say({ type: 'bye' });
  await virtual.advance(commitMs);
  assert.equal(next.of('welcome')[0]?.resumed, true);
  assert.equal(broker.sessions.attached, 1);
  next.connection.linkClosed();
  await virtual.advance(windowMs - 1);
  assert.equal((await entries()).length, 1);
  await virtual.advance(1 + 2 * commitMs);
  assert.deepEqual(await entries(), []);
  assert.equal(broker.sessions.size + virtual.pendingTimers, 0);
});
