import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError, sequenceValues, type Store } from '@packetboat/core';
import { Broker } from '../broker/broker.ts';
import { silentLog } from '../server_log.ts';
import { FakePeer } from '../testing/fake_peer.ts';
import { testBroker } from '../testing/test_broker.ts';

const wish = { type: 'sequence', index: 0, n: 3, tickMs: 100, algorithm: 'crc-32' } as const;

async function storedOf(store: Store) {
  const entries = await store.map.list('sequence/', undefined, 100);
  return entries.map(({ key, value, revision }) => ({
    key,
    revision,
    plan: JSON.parse(Buffer.from(value).toString()),
  }));
}

/** A broker with one peer that is in. */
async function welcomed(overrides: Parameters<typeof testBroker>[0] = {}) {
  const bench = testBroker(overrides);
  const peer = FakePeer.greeting(bench.broker);
  await bench.settle();
  return { ...bench, peer };
}

/** What it was told of sequences. */
function told({ messages }: FakePeer) {
  return messages.filter(({ type }) => !['welcome', 'heartbeat'].includes(type));
}

test('Sequences: begun, one number a tick, the sum, and forgotten when it is answered [S2.1] [S2.2] [S2.6] [S2.13]', async () => {
  const { broker, store, virtual, peer, settle } = await welcomed();
  peer.say(wish);
  await settle();
  assert.deepEqual(told(peer), [{ type: 'sequenceBegun', index: 0, n: 3, tickMs: 100, algorithm: 'crc-32' }]);
  const [stored] = await storedOf(store);
  assert.equal(stored?.key, `sequence/${peer.identity.session}`);
  await virtual.advance(350);
  const valueAt = sequenceValues(stored.plan.seed);
  assert.deepEqual(
    peer.of('number'),
    [0, 1, 2].map((index) => ({ type: 'number', index, value: valueAt(index) })),
  );
  const [sum] = peer.of('sum');
  assert.equal(sum?.count, 3);
  assert.deepEqual(await storedOf(store), [stored], 'written once');
  peer.say({ type: 'sum', checksum: sum.checksum });
  await settle();
  assert.deepEqual(told(peer).at(-1), { type: 'sequenceEnded' });
  assert.deepEqual(await storedOf(store), []);
  const { sequencesBegun, sequenceNumbersSent, sequencesEqual, sequencesDifferent } = broker.counters;
  assert.deepEqual([sequencesBegun, sequenceNumbersSent, sequencesEqual, sequencesDifferent], [1, 3, 1, 0]);
  assert.equal(broker.sequences.running, 0);
});

test('Sequences: a client with another checksum is counted, and its sequence forgotten', async () => {
  const { broker, store, virtual, peer, settle } = await welcomed();
  peer.say(wish);
  await virtual.advance(350);
  peer.say({ type: 'sum', checksum: '00000000' });
  await settle();
  assert.equal(broker.counters.sequencesDifferent, 1);
  assert.deepEqual(await storedOf(store), []);
});

test('Sequences: a client with an endless checksum: the log has what a person reads of it', async () => {
  const { store, virtual, limits } = testBroker();
  const warned: object[] = [];
  const log = { ...silentLog, warn: (details: object) => void warned.push(details) };
  const peer = FakePeer.greeting(new Broker({ store, world: virtual.world, limits, log }));
  await virtual.advance(0);
  peer.say(wish);
  await virtual.advance(350);
  peer.say({ type: 'sum', checksum: 'x'.repeat(2_000) });
  await virtual.advance(0);
  assert.equal(warned.length, 1);
  assert.ok(JSON.stringify(warned).length < 300);
});

test('Sequences: without n it is drawn from 1 … 65,535, without a tick it is a second [S2.2] [S2.4]', async () => {
  const { broker, virtual } = testBroker({ sequenceTickMsMin: 1 });
  const lengths = new Set<number>();
  for (let round = 0; round < 20; round++) {
    const peer = FakePeer.greeting(broker);
    peer.say({ type: 'sequence', index: 0 });
    await virtual.advance(0);
    const [begun] = peer.of('sequenceBegun');
    assert.ok(begun !== undefined && begun.n >= 1 && begun.n <= 65_535);
    assert.deepEqual([begun.tickMs, begun.algorithm], [1_000, 'crc-32']);
    lengths.add(begun.n);
  }
  assert.ok(lengths.size > 15);
});

test('Sequences: a cut, and the session resumed: it goes on where the client says; two clients differ [S2.3] [S2.8]', async () => {
  const { broker, virtual, peer } = await welcomed();
  const other = FakePeer.greeting(broker);
  other.say({ ...wish, n: 20 });
  peer.say({ ...wish, n: 20 });
  await virtual.advance(1_050);
  peer.connection.linkClosed();
  await virtual.advance(500);
  assert.equal(peer.of('number').length, 10);
  assert.equal(broker.sequences.running, 1);
  const back = FakePeer.greeting(broker, peer.identity);
  back.say({ ...wish, n: 20, index: 7 });
  await virtual.advance(2_000);
  assert.deepEqual(back.of('number').slice(0, 3), peer.of('number').slice(7));
  assert.equal(back.of('number').length, 13);
  assert.deepEqual(back.of('sum').length, 1);
  const common = other.of('number').filter(({ value }, index) => value === back.of('number')[index]?.value);
  assert.ok(common.length < 2);
});

test('Sequences: another connection takes the session over: only one is sent numbers [A2.7]', async () => {
  const { broker, virtual, peer } = await welcomed();
  peer.say({ ...wish, n: 50 });
  await virtual.advance(550);
  const second = FakePeer.greeting(broker, peer.identity);
  second.say({ ...wish, n: 50, index: 5 });
  await virtual.advance(1_000);
  assert.equal(peer.of('number').length, 5);
  assert.equal(second.of('number').length, 10);
  assert.equal(broker.sequences.running, 1);
});

test('Sequences: the server dies and comes back: it goes on from the store alone [A2.8]', async () => {
  const { broker, store, virtual, limits, peer } = await welcomed();
  peer.say({ ...wish, n: 20 });
  await virtual.advance(550);
  broker.sessions.stop();
  broker.sequences.stop();
  const next = new Broker({ store, world: virtual.world, limits, log: silentLog });
  const back = FakePeer.greeting(next, peer.identity);
  back.say({ ...wish, n: 20, index: 3 });
  await virtual.advance(2_500);
  assert.deepEqual(back.of('number').slice(0, 2), peer.of('number').slice(3));
  assert.equal(back.of('sum')[0]?.count, 20);
});

test('Sequences: the session expires or says bye: its sequence is gone from the store [S2.12] [S2.13]', async () => {
  for (const bye of [false, true]) {
    const { broker, store, virtual, limits, peer } = await welcomed();
    peer.say({ ...wish, n: 50 });
    await virtual.advance(250);
    if (bye) peer.say({ type: 'bye' });
    else peer.connection.linkClosed();
    await virtual.advance(bye ? 0 : limits.windowMs + 1);
    assert.deepEqual(await storedOf(store), []);
    assert.equal(broker.sessions.size, 0);
    assert.equal(broker.sequences.running, 0);
  }
});

test('Sequences: bye right behind the beginning: nothing is left', async () => {
  const { store, virtual, peer } = await welcomed();
  peer.say(wish);
  peer.say({ type: 'bye' });
  await virtual.advance(1_000);
  assert.deepEqual(await storedOf(store), []);
});

test('Sequences: at the start, what was left of sessions that are gone is deleted', async () => {
  const { store, virtual, limits, peer } = await welcomed();
  peer.say(wish);
  await virtual.advance(0);
  const plan = { seed: '00'.repeat(16), n: 1, tickMs: 100, algorithm: 'crc-32' };
  await store.map.put(`sequence/${'ab'.repeat(16)}`, Buffer.from(JSON.stringify(plan)), 'absent');
  assert.equal((await storedOf(store)).length, 2);
  void new Broker({ store, world: virtual.world, limits, log: silentLog });
  await virtual.advance(1);
  assert.deepEqual(
    (await storedOf(store)).map(({ key }) => key),
    [`sequence/${peer.identity.session}`],
  );
});

test('Sequences: at the start, on a disk that fails for a while: what was left is deleted all the same [I10]', async () => {
  const { store, virtual, limits } = testBroker();
  const plan = { seed: '00'.repeat(16), n: 1, tickMs: 100, algorithm: 'crc-32' };
  await store.map.put(`sequence/${'ab'.repeat(16)}`, Buffer.from(JSON.stringify(plan)), 'absent');
  const remove = store.map.delete.bind(store.map);
  store.map.delete = () => Promise.reject(new PacketboatError('diskFull', 'no room'));
  void new Broker({ store, world: virtual.world, limits, log: silentLog });
  await virtual.advance(2_500);
  assert.equal((await storedOf(store)).length, 1);
  store.map.delete = remove;
  await virtual.advance(1_000);
  assert.deepEqual(await storedOf(store), []);
});

test('Sequences: of a session that the store had no room for: gone with its connection [I10] [P8]', async () => {
  const { broker, store, virtual } = testBroker();
  const put = store.map.put.bind(store.map);
  store.map.put = () => Promise.reject(new PacketboatError('diskFull', 'no room'));
  const peer = FakePeer.greeting(broker);
  await virtual.advance(0);
  assert.equal(peer.of('welcome')[0]?.token, undefined);
  store.map.put = put;
  peer.say({ ...wish, n: 50 });
  await virtual.advance(250);
  assert.equal((await storedOf(store)).length, 1);
  peer.connection.linkClosed();
  await virtual.advance(0);
  assert.deepEqual(await storedOf(store), []);
});

for (const [name, code, said] of [
  ['no numbers', 'badRequest', { n: 0 }],
  ['four billion numbers', 'badRequest', { n: 4e9 }],
  ['no time between numbers', 'badRequest', { tickMs: 0 }],
  ['ages between numbers', 'badRequest', { tickMs: 2 ** 40 }],
  ['an unknown checksum', 'badRequest', { algorithm: 'md5' }],
  ['a number past the end', 'expired', { index: 4 }],
  ['a sequence that is gone', 'expired', { index: 1 }],
] as const) {
  test(`Sequences: ${name}: refused as ${code}, nothing is stored, the connection lives on [A2.9]`, async () => {
    const { store, peer, settle } = await welcomed();
    peer.say({ ...wish, ...said });
    await settle();
    assert.equal(peer.of('sequenceRefused')[0]?.code, code);
    assert.deepEqual(await storedOf(store), []);
    assert.equal(peer.closed, undefined);
    peer.say(wish);
    await settle();
    assert.equal(peer.of('sequenceBegun').length, 1);
  });
}

test('Sequences: another one than the session has: refused as exists', async () => {
  const { peer, settle } = await welcomed();
  peer.say(wish);
  peer.say({ ...wish, n: 4 });
  peer.say({ ...wish, index: 9 });
  await settle();
  assert.deepEqual(
    peer.of('sequenceRefused').map(({ code }) => code),
    ['exists', 'badRequest'],
  );
});

test('Sequences: asked for again and again: one runs', async () => {
  const { broker, virtual, peer, settle } = await welcomed();
  for (let round = 0; round < 5; round++) {
    peer.say({ ...wish, n: 50 });
    await settle();
  }
  await virtual.advance(1_050);
  assert.equal(peer.of('number').length, 10);
  assert.equal(broker.sequences.running, 1);
});

test('Sequences: a peer that asks faster than the store answers is closed [P7]', async () => {
  const { peer, settle } = await welcomed();
  for (let round = 0; round < 20; round++) peer.say(wish);
  await settle();
  assert.equal(peer.closed?.reason, 'limitReached');
});

test('Sequences: as many as the server may send: busy, and when to come back; over when one is [P7]', async () => {
  const { broker, virtual, peer } = await welcomed({ sequencesMax: 1 });
  peer.say(wish);
  await virtual.advance(0);
  const other = FakePeer.greeting(broker);
  other.say(wish);
  await virtual.advance(0);
  const [refused] = other.of('sequenceRefused');
  assert.equal(refused?.code, 'busy');
  assert.equal(typeof refused.retryAfterMs, 'number');
  await virtual.advance(1_000);
  other.say(wish);
  await virtual.advance(0);
  assert.equal(other.of('sequenceBegun').length, 1);
});

test('Sequences: a sum of nothing is answered: it may be said again', async () => {
  const { peer, settle } = await welcomed();
  peer.say({ type: 'sum', checksum: 'x' });
  peer.say({ type: 'sum' });
  await settle();
  assert.equal(peer.of('sequenceEnded').length, 2);
});

test('Sequences: the server stops: no timer is left of them', async () => {
  const { broker, virtual, peer } = await welcomed();
  peer.say({ ...wish, n: 50 });
  await virtual.advance(150);
  await Promise.all([broker.stop(), virtual.advance(20_000)]);
  assert.equal(broker.sequences.running, 0);
  assert.equal(virtual.pendingTimers, 0);
});
