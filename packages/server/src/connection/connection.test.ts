import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePart, encodePublish, encodeSegment, errorTable, MemoryStore, PacketboatError } from '@packetboat/core';
import { Broker } from '../broker/broker.ts';
import { silentLog } from '../server_log.ts';
import { FakePeer } from '../testing/fake_peer.ts';
import { produce, producing } from '../testing/producing.ts';
import { testBroker } from '../testing/test_broker.ts';

const emptySegment = {
  stream: 's',
  incarnation: 'i',
  base: 0,
  count: 0,
  checksumBefore: 0,
  checksumAfter: 0,
  bytes: new Uint8Array(0),
  close: false,
};

test('connection: hello: the first answer says that you are in, and what holds', async () => {
  const { broker, limits, store } = testBroker();
  const peer = await FakePeer.welcomed(broker);
  const [welcome] = peer.of('welcome');
  assert.equal(welcome?.store, store.id);
  assert.equal(welcome.durability, 'memory');
  assert.equal(welcome.limits.windowBytes, limits.windowBytesMax);
});

test('connection: no hello in time: refused by name and closed [H21]', async () => {
  const { broker, virtual, limits } = testBroker();
  const peer = new FakePeer(broker);
  await virtual.advance(limits.helloTimeoutMs);
  assert.equal(peer.of('refused')[0]?.code, 'timeout');
  assert.equal(peer.closed?.code, errorTable.timeout.close);
  assert.equal(broker.connections.size, 0);
  assert.equal(virtual.pendingTimers, 0);
});

test('connection: the store fails: who is in is told so, and who was coming in that the server stops: both may come back [P8]', async () => {
  const { virtual, limits, settle } = testBroker();
  const store = new MemoryStore({ world: virtual.world, limits });
  const failed = Promise.withResolvers<Error>();
  const broker = new Broker({
    store: Object.assign(store, { failed: failed.promise }),
    world: virtual.world,
    limits,
    log: silentLog,
  });
  const inside = await FakePeer.welcomed(broker);
  const silent = new FakePeer(broker);
  failed.resolve(new PacketboatError('storeFailed', 'EIO'));
  await settle();
  const late = FakePeer.greeting(broker);
  assert.equal(inside.of('closing')[0]?.code, 'storeFailed');
  for (const peer of [silent, late]) assert.equal(peer.of('refused')[0]?.code, 'stopping');
});

test('connection: a second hello: closed with a reason [H21]', async () => {
  const { broker } = testBroker();
  const peer = await FakePeer.welcomed(broker);
  peer.say({ type: 'hello', protocol: 1, client: 'again' });
  assert.equal(peer.of('closing')[0]?.code, 'badFrame');
  assert.equal(peer.closed?.code, 4400);
});

test('connection: an unknown protocol version: refused with unknownVersion', () => {
  const { broker } = testBroker();
  const peer = new FakePeer(broker);
  peer.say({ type: 'hello', protocol: 2, client: 'future' });
  assert.equal(peer.of('refused')[0]?.code, 'unknownVersion');
  assert.equal(peer.closed?.code, 4426);
});

for (const [name, send] of Object.entries<(peer: FakePeer) => void>({
  'a binary message': (peer) => peer.connection.receiveBinary(encodePublish(1, [])),
  'another message': (peer) => peer.say({ type: 'heartbeat' }),
  'no JSON': (peer) => peer.connection.receiveText('GET / HTTP/1.1'),
  'an unknown field': (peer) => peer.connection.receiveText('{"type":"hello","protocol":1,"client":"x","admin":true}'),
})) {
  test(`connection: ${name} before hello: refused and closed [H20] [H21]`, () => {
    const { broker } = testBroker();
    const peer = new FakePeer(broker);
    send(peer);
    assert.equal(peer.of('refused')[0]?.code, 'badFrame');
    assert.equal(peer.closed?.code, 4400);
    assert.equal(broker.connections.size, 0);
  });
}

test('connection: more than its budget before the welcome: refused, however it is cut', () => {
  const { broker, limits } = testBroker();
  const peer = new FakePeer(broker);
  for (let sent = 0; sent <= limits.greetingBytesMax; sent += 1_024) peer.connection.heard(1_024);
  assert.equal(peer.of('refused')[0]?.code, 'tooLarge');
  assert.equal(peer.closed?.code, 4413);
});

for (const [name, code, send] of [
  ['a type that does not exist', 'badFrame', (peer) => peer.connection.receiveText('{"type":"constructor"}')],
  [
    'JSON in a binary message',
    'badFrame',
    (peer) => peer.connection.receiveBinary(new TextEncoder().encode('{"type":"heartbeat"}')),
  ],
  ['a control message over the limit', 'tooLarge', (peer) => peer.connection.receiveText(' '.repeat(16_385))],
  ['a segment frame', 'badFrame', (peer) => peer.connection.receiveBinary(encodeSegment(1, emptySegment))],
  ['a part out of order', 'badFrame', (peer) => peer.connection.receiveBinary(encodePart(1, false, new Uint8Array(5)))],
  ['a message cut short', 'badFrame', (peer) => peer.connection.receiveBinary(new Uint8Array(3))],
] as [string, string, (peer: FakePeer) => void][]) {
  test(`connection: ${name}: closed by name, others go on [H20]`, async () => {
    const { broker, peer: other, sealed, settle } = await producing();
    const peer = await FakePeer.welcomed(broker);
    send(peer);
    assert.equal(peer.of('closing')[0]?.code, code);
    assert.ok(peer.closed);
    other.publish(1, sealed(0));
    await settle();
    assert.equal(other.of('receipt').length, 1);
  });
}

test('connection: heartbeats: the server speaks when idle, and gives up a silent peer after three intervals', async () => {
  const { broker, virtual, limits } = testBroker();
  const peer = FakePeer.greeting(broker);
  await virtual.advance(limits.heartbeatMs * 2);
  assert.equal(peer.of('heartbeat').length, 2);
  peer.connection.heard(1);
  await virtual.advance(limits.heartbeatMs * 2);
  assert.equal(peer.of('closing').length, 0);
  await virtual.advance(limits.heartbeatMs);
  assert.equal(peer.of('closing')[0]?.code, 'timeout');
  assert.equal(peer.closed?.code, 4001);
  await virtual.advance(limits.windowMs);
  assert.equal(virtual.pendingTimers, 0);
});

test('connection: a flood of calls by a peer that does not read its answers: bounded, then closed [P7]', async () => {
  const { broker, limits, settle } = testBroker();
  const peer = FakePeer.greeting(broker);
  for (let id = 0; id < 1_000; id++) peer.say({ type: 'call', id, method: 'streams.list', params: {} });
  assert.ok(peer.connection.callsInFlight <= limits.callsPerConnectionMax);
  await settle();
  peer.bufferedBytes = 3 * limits.connectionBufferBytesMax;
  peer.say({ type: 'call', id: 1, method: 'streams.list', params: {} });
  await settle();
  assert.equal(peer.closed?.code, errorTable.slowReader.close);
});

test('connection: a flood of channels and subscriptions given up while they open: bounded, the rest refused [P7] [H23]', async () => {
  const { broker, limits, peer, settle } = await producing();
  const opensMax = limits.channelsPerConnectionMax + limits.subscriptionsPerConnectionMax;
  for (let turn = 0; turn < 500; turn++) {
    peer.say({ ...produce, producer: `p${turn}` });
    peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'now' }, credit: 0 });
    peer.say({ type: 'unsubscribe', sub: 1 });
    assert.ok(peer.connection.opensInFlight <= opensMax);
  }
  await settle();
  assert.equal(peer.connection.opensInFlight, 0);
  assert.ok((broker.counters.refusals.get('limitReached') ?? 0) > 0);
  assert.equal(peer.closed, undefined);
});

test('connection: subscribing again and again without reading what was sent: bounded, then closed [P7] [H23]', async () => {
  const { limits, peer, sealed, settle } = await producing();
  for (let sequence = 0; sequence < 16; sequence++) peer.publish(1, sealed(sequence, 'x'.repeat(4_096)));
  await settle();
  peer.stopReading();
  peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: limits.creditBytesMax });
  await settle();
  peer.say({ ...produce, channel: 2, stream: 't' });
  await settle();
  for (let turn = 0; turn < 1_000 && peer.closed === undefined; turn++) {
    peer.say({ type: 'subscribe', sub: 2, stream: 't', from: { at: 'now' }, credit: 0 });
    await settle();
    peer.say({ type: 'unsubscribe', sub: 2 });
  }
  assert.equal(peer.closed?.code, errorTable.slowReader.close);
});

test('connection: calls: results and typed errors, by id', async () => {
  const { broker, settle } = testBroker();
  const peer = FakePeer.greeting(broker);
  const call = (id: number, method: string, params: unknown) => peer.say({ type: 'call', id, method, params });
  call(1, 'streams.create', { stream: 'a', contentType: 'text/plain', bytesMax: 5_000 });
  await settle();
  call(2, 'streams.info', { stream: 'a' });
  call(3, 'streams.info', { stream: 'b' });
  call(4, 'streams.info', { stream: 7 });
  call(5, '__proto__', {});
  call(6, 'streams.create', { stream: 'x/../y' });
  call(7, 'cursors.get', { stream: 'a', cursor: 'c' });
  await settle();
  const info = peer.of('result').find(({ id }) => id === 2)?.value as { createdNs: string; contentType: string };
  assert.match(info.createdNs, /^\d{19}$/);
  assert.equal(info.contentType, 'text/plain');
  const codes = new Map(peer.of('error').map(({ id, code }) => [id, code]));
  assert.deepEqual(
    [3, 4, 5, 6, 7].map((id) => codes.get(id)),
    ['notFound', 'badRequest', 'unknownMethod', 'badName', 'notFound'],
  );
  call(8, 'streams.close', { stream: 'a' });
  call(9, 'streams.delete', { stream: 'a' });
  await settle();
  call(10, 'streams.trim', { stream: 'a', before: 1 });
  call(11, 'streams.list', { prefix: '' });
  await settle();
  assert.equal(peer.of('error').find(({ id }) => id === 10)?.code, 'gone');
  assert.deepEqual(peer.of('result').find(({ id }) => id === 11)?.value, { streams: [] });
});

test('connection: a graceful stop: everyone is told, what is queued is receipted, then closed [P7]', async () => {
  const { broker, peer, sealed, virtual } = await producing();
  peer.publish(1, sealed(0));
  const stopped = broker.stop();
  peer.publish(1, sealed(1));
  assert.equal(broker.stop(), stopped);
  await virtual.advance(0);
  await stopped;
  const types = peer.messages.slice(2).map(({ type }) => type);
  assert.deepEqual(types.toSorted(), ['closing', 'receipt', 'rejected']);
  assert.equal(peer.of('receipt')[0]?.sequence, 0);
  assert.equal(peer.of('rejected')[0]?.code, 'stopping');
  assert.equal(peer.closed?.code, errorTable.stopping.close);
  assert.equal(broker.connections.size, 0);
});

test('connection: a graceful stop with a store that does not answer: bounded', async () => {
  const { broker, peer, sealed, virtual, limits, store } = await producing();
  store.log.append = () => new Promise(() => undefined);
  peer.publish(1, sealed(0));
  const stopped = broker.stop();
  await virtual.advance(limits.stopTimeoutMs - 1);
  assert.equal(peer.closed, undefined);
  await virtual.advance(1);
  await stopped;
  assert.ok(peer.closed);
  assert.equal(peer.of('receipt').length, 0);
});

test('connection: cut after every message of a valid exchange: nothing is left behind, and the rest can be done again [H25]', async () => {
  const exchange = [
    (peer: FakePeer) => peer.say({ type: 'hello', protocol: 1, client: 'cut' }),
    (peer: FakePeer) => peer.say({ ...produce, epoch: 0 }),
    (peer: FakePeer, sealed: (sequence: number) => Uint8Array) => peer.publish(1, sealed(0)),
    (peer: FakePeer, sealed: (sequence: number) => Uint8Array) => peer.publish(1, sealed(1), sealed(2)),
    (peer: FakePeer) =>
      peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'cursor' }, cursor: 'c', credit: 5_000 }),
    (peer: FakePeer) => peer.say({ type: 'commit', sub: 1, offset: 3 }),
    (peer: FakePeer) => peer.say({ type: 'finish', channel: 1 }),
  ];
  const { broker, sealed, settle, store, virtual, limits } = testBroker();
  for (const settled of [false, true]) {
    for (let count = 0; count <= exchange.length; count++) {
      const peer = new FakePeer(broker);
      for (const step of exchange.slice(0, count)) {
        step(peer, sealed);
        if (settled) await settle();
      }
      peer.connection.linkClosed();
      await settle();
      assert.equal(broker.connections.size, 0);
      assert.equal(broker.feeds.subscriptionCount, 0);
      assert.equal(broker.claims.size, 0);
      await virtual.advance(limits.windowMs);
      assert.equal(virtual.pendingTimers, 0);
      assert.equal(broker.sessions.size, 0);
    }
  }
  const info = await store.log.info('s');
  assert.equal(typeof info === 'object' && info.tail, 3);
  assert.equal((await broker.cursors.get('s', 'c'))?.offset, 3);
});
