import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeMessage,
  encodePart,
  encodePublish,
  encodeSegment,
  errorTable,
  PacketboatError,
  type Proof,
  sealBatch,
} from '@packetboat/core';
import { FakePeer } from '../testing/fake_peer.ts';
import { testBroker } from '../testing/test_broker.ts';

const produce = { type: 'produce', channel: 1, stream: 's', producer: 'p', create: true } as const;

/** A bench with one connection that has opened channel 1. */
async function producing(overrides = {}) {
  const bench = testBroker(overrides);
  const peer = FakePeer.welcomed(bench.broker);
  peer.say(produce);
  await bench.settle();
  return { ...bench, peer };
}

test('session: hello: the first answer says that you are in, and what holds', () => {
  const { broker, limits, store } = testBroker();
  const peer = FakePeer.welcomed(broker);
  const [welcome] = peer.of('welcome');
  assert.equal(welcome?.store, store.id);
  assert.equal(welcome.durability, 'memory');
  assert.equal(welcome.limits.windowBytes, limits.windowBytesMax);
});

test('session: no hello in time: refused by name and closed [FAILURES 21]', async () => {
  const { broker, virtual, limits } = testBroker();
  const peer = new FakePeer(broker);
  await virtual.advance(limits.helloTimeoutMs);
  assert.equal(peer.of('refused')[0]?.code, 'timeout');
  assert.equal(peer.closed?.code, errorTable.timeout.close);
  assert.equal(broker.sessions.size, 0);
  assert.equal(virtual.pendingTimers, 0);
});

test('session: a second hello: closed with a reason [FAILURES 21]', () => {
  const { broker } = testBroker();
  const peer = FakePeer.welcomed(broker);
  peer.say({ type: 'hello', protocol: 1, client: 'again' });
  assert.equal(peer.of('closing')[0]?.code, 'badFrame');
  assert.equal(peer.closed?.code, 4400);
});

test('session: an unknown protocol version: refused with unknownVersion', () => {
  const { broker } = testBroker();
  const peer = new FakePeer(broker);
  peer.say({ type: 'hello', protocol: 2, client: 'future' });
  assert.equal(peer.of('refused')[0]?.code, 'unknownVersion');
  assert.equal(peer.closed?.code, 4426);
});

for (const [name, send] of Object.entries<(peer: FakePeer) => void>({
  'a binary message': (peer) => peer.session.receiveBinary(encodePublish(1, [])),
  'another message': (peer) => peer.say({ type: 'heartbeat' }),
  'no JSON': (peer) => peer.session.receiveText('GET / HTTP/1.1'),
  'an unknown field': (peer) => peer.session.receiveText('{"type":"hello","protocol":1,"client":"x","admin":true}'),
})) {
  test(`session: ${name} before hello: refused and closed [FAILURES 20] [FAILURES 21]`, () => {
    const { broker } = testBroker();
    const peer = new FakePeer(broker);
    send(peer);
    assert.equal(peer.of('refused')[0]?.code, 'badFrame');
    assert.equal(peer.closed?.code, 4400);
    assert.equal(broker.sessions.size, 0);
  });
}

test('session: more than its budget before the welcome: refused, however it is cut', () => {
  const { broker, limits } = testBroker();
  const peer = new FakePeer(broker);
  for (let sent = 0; sent <= limits.greetingBytesMax; sent += 1_024) peer.session.heard(1_024);
  assert.equal(peer.of('refused')[0]?.code, 'tooLarge');
  assert.equal(peer.closed?.code, 4413);
});

for (const [name, code, send] of [
  ['a type that does not exist', 'badFrame', (peer) => peer.session.receiveText('{"type":"constructor"}')],
  [
    'JSON in a binary message',
    'badFrame',
    (peer) => peer.session.receiveBinary(new TextEncoder().encode('{"type":"heartbeat"}')),
  ],
  ['a control message over the limit', 'tooLarge', (peer) => peer.session.receiveText(' '.repeat(16_385))],
  ['a segment frame', 'badFrame', (peer) => peer.session.receiveBinary(encodeSegment(1, emptySegment))],
  ['a part out of order', 'badFrame', (peer) => peer.session.receiveBinary(encodePart(1, false, new Uint8Array(5)))],
  ['a message cut short', 'badFrame', (peer) => peer.session.receiveBinary(new Uint8Array(3))],
] as [string, string, (peer: FakePeer) => void][]) {
  test(`session: ${name}: closed by name, others go on [FAILURES 20]`, async () => {
    const { broker, peer: other, sealed, settle } = await producing();
    const peer = FakePeer.welcomed(broker);
    send(peer);
    assert.equal(peer.of('closing')[0]?.code, code);
    assert.ok(peer.closed);
    other.publish(1, sealed(0));
    await settle();
    assert.equal(other.of('receipt').length, 1);
  });
}

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

test('session: publish: one receipt for all batches of a turn, with the last one’s proof [P1]', async () => {
  const { peer, sealed, settle } = await producing();
  peer.publish(1, sealed(0), sealed(1));
  peer.publish(1, sealed(2));
  await settle();
  const receipts = peer.of('receipt');
  assert.equal(receipts.length, 1);
  assert.equal(receipts[0]?.sequence, 2);
  assert.equal(receipts[0].offset, 2);
  assert.equal(receipts[0].proof.offset, 3);
});

test('session: publish again: acknowledged as a duplicate with its first offset, stored once [P2] [F2]', async () => {
  const { peer, sealed, settle, store, broker } = await producing();
  peer.publish(1, sealed(0));
  await settle();
  const second = FakePeer.welcomed(broker);
  second.say({ ...produce, epoch: 0 });
  await settle();
  assert.equal(second.of('producing')[0]?.sequence, 1);
  second.publish(1, sealed(0));
  await settle();
  assert.equal(second.of('receipt')[0]?.duplicate, true);
  assert.equal(second.of('receipt')[0]?.offset, 0);
  const info = await store.log.info('s');
  assert.equal(typeof info === 'object' && info.tail, 1);
});

test('session: a refused batch: nothing after it is stored until the channel is opened anew [P3]', async () => {
  const { peer, sealed, settle, store } = await producing();
  peer.publish(1, sealed(0));
  peer.publish(1, sealed(2));
  peer.publish(1, sealed(1));
  await settle();
  assert.deepEqual(
    peer.of('rejected').map(({ code, sequence }) => [code, sequence]),
    [['sequenceGap', 2]],
  );
  peer.publish(1, sealed(1));
  await settle();
  peer.say({ ...produce, epoch: 0 });
  await settle();
  assert.equal(peer.of('producing').at(-1)?.sequence, 2, 'sequence 1 was in the queue before the refusal was known');
  const info = await store.log.info('s');
  assert.equal(typeof info === 'object' && info.tail, 2);
});

test('session: a batch of another producer or epoch: refused', async () => {
  for (const [epoch, id] of [
    [1, 'p'],
    [0, 'q'],
  ] as const) {
    const { peer, sealed, settle } = await producing();
    peer.publish(1, sealed(0, 'x', epoch, id));
    await settle();
    assert.equal(peer.of('rejected')[0]?.code, 'badBatch');
  }
});

test('session: a damaged batch: refused, nothing of its frame is stored [P5]', async () => {
  const { peer, sealed, settle, store } = await producing();
  const damaged = sealed(1);
  damaged[damaged.length - 1] = 0;
  peer.publish(1, sealed(0), damaged);
  await settle();
  assert.equal(peer.of('rejected')[0]?.code, 'badBatch');
  const info = await store.log.info('s');
  assert.equal(typeof info === 'object' && info.tail, 0);
  assert.equal(peer.closed, undefined);
});

test('session: a producer over its window: refused with limitReached [P7]', async () => {
  const { peer, sealed, settle } = await producing({ windowBatchesMax: 2 });
  peer.publish(1, sealed(0), sealed(1), sealed(2));
  await settle();
  assert.deepEqual(
    peer.of('rejected').map(({ code, sequence }) => [code, sequence]),
    [['limitReached', 2]],
  );
});

test('session: the store has too much waiting: busy, and when to come back [P7]', async () => {
  const { peer, sealed, settle } = await producing({ appendQueueBytesMax: 100 });
  peer.publish(1, sealed(0), sealed(1));
  await settle();
  assert.equal(peer.of('receipt')[0]?.sequence, 0);
  assert.equal(peer.of('rejected')[0]?.code, 'busy');
  assert.equal(typeof peer.of('rejected')[0]?.retryAfterMs, 'number');
});

test('session: a channel that is not open: refused, the connection lives on', async () => {
  const { peer, sealed, settle } = await producing();
  peer.publish(9, sealed(0));
  await settle();
  assert.equal(peer.of('rejected')[0]?.channel, 9);
  assert.equal(peer.closed, undefined);
});

test('session: two lives of a producer that open before either publishes: different epochs, the older is fenced [P2] [I6]', async () => {
  const { broker, peer, sealed, settle } = await producing();
  const second = FakePeer.welcomed(broker);
  second.say(produce);
  await settle();
  assert.equal(second.of('producing')[0]?.epoch, 1);
  second.publish(1, sealed(0, 'second life', 1));
  await settle();
  peer.publish(1, sealed(0));
  await settle();
  assert.equal(peer.of('rejected')[0]?.code, 'staleEpoch');
});

test('session: finish: what is in flight is still acknowledged', async () => {
  const { peer, sealed, settle, broker } = await producing();
  peer.publish(1, sealed(0));
  peer.say({ type: 'finish', channel: 1 });
  await settle();
  assert.equal(peer.of('receipt')[0]?.sequence, 0);
  assert.equal(broker.claims.size, 0);
});

test('session: a channel opened anew: receipts of its earlier life are not taken for the new one [P1]', async () => {
  const { peer, sealed, settle } = await producing();
  peer.publish(1, sealed(0), sealed(1));
  peer.say(produce);
  await settle();
  assert.deepEqual(
    peer.messages.slice(1).map(({ type }) => type),
    ['producing', 'producing'],
  );
  assert.equal(peer.of('producing')[1]?.epoch, 1);
});

for (const [name, code, wish] of [
  ['no such stream', 'notFound', { create: false }],
  ['a bad stream name', 'badName', { stream: 'a/../b' }],
  ['an empty producer id', 'badName', { producer: '' }],
  ['a stronger durability than the store’s', 'durabilityUnavailable', { durability: 'disk' }],
  ['a durability that does not exist', 'badRequest', { durability: 'eternal' }],
  ['another incarnation', 'incarnationMismatch', { stream: 'there', incarnation: 'other' }],
  ['another content type', 'contentTypeMismatch', { stream: 'there', contentType: 'image/png' }],
  ['a deleted stream', 'gone', { stream: 'gone' }],
] as const) {
  test(`session: produce with ${name}: refused with ${code}`, async () => {
    const { broker, store, settle } = testBroker();
    await store.log.create('there');
    await store.log.create('gone');
    await store.log.delete('gone');
    const peer = FakePeer.welcomed(broker);
    peer.say({ ...produce, ...wish });
    await settle();
    assert.equal(peer.of('rejected')[0]?.code, code);
    assert.equal(peer.session.channels.size, 0);
  });
}

test('session: a stale epoch: refused when the channel is opened', async () => {
  const { peer, sealed, settle, broker } = await producing();
  peer.say({ ...produce, epoch: 5 });
  await settle();
  peer.publish(1, sealed(0, 'x', 5));
  await settle();
  const late = FakePeer.welcomed(broker);
  late.say({ ...produce, epoch: 4 });
  await settle();
  assert.equal(late.of('rejected')[0]?.code, 'staleEpoch');
});

test('session: a receipt of another store as witness: wrongStore, and the next produce without it goes on [F15]', async () => {
  const { peer, sealed, settle, broker } = await producing();
  peer.publish(1, sealed(0));
  await settle();
  const proof = peer.of('receipt')[0]?.proof;
  assert.ok(proof);
  const other = FakePeer.welcomed(broker);
  other.say({ ...produce, witness: { ...proof, storeId: 'elsewhere' } });
  await settle();
  assert.equal(other.of('rejected')[0]?.code, 'wrongStore');
  other.say({ ...produce, witness: proof });
  await settle();
  assert.equal(other.of('producing').length, 1);
});

test('session: a receipt ahead of the store as witness: dataLossDetected [F15]', async () => {
  const { peer, sealed, settle, store } = await producing();
  peer.publish(1, sealed(0));
  await settle();
  const proof = peer.of('receipt')[0]?.proof;
  assert.ok(proof);
  store.log.witness = (async (_proof: Proof) => 'lost') as unknown as typeof store.log.witness;
  peer.say({ ...produce, channel: 2, witness: proof });
  await settle();
  assert.equal(peer.of('rejected')[0]?.code, 'dataLossDetected');
});

test('session: channels over the limit: refused, those that exist go on [FAILURES 23] [P7]', async () => {
  const { peer, sealed, settle } = await producing({ channelsPerConnectionMax: 2 });
  for (let channel = 2; channel < 10; channel++) peer.say({ ...produce, channel, producer: `p${channel}` });
  peer.publish(1, sealed(0));
  await settle();
  assert.equal(peer.of('rejected').length, 7);
  assert.equal(peer.of('rejected')[0]?.code, 'limitReached');
  assert.equal(peer.of('receipt').length, 1);
});

test('session: subscribe 1,000 times, one id twice, unsubscribe what does not exist: limits and no more [FAILURES 23] [P7]', async () => {
  const { broker, store, settle } = testBroker({ subscriptionsPerConnectionMax: 4 });
  for (let index = 0; index < 6; index++) await store.log.create(`s${index}`);
  const peer = FakePeer.welcomed(broker);
  const subscribe = { type: 'subscribe', from: { at: 'start' }, credit: 1 } as const;
  for (let sub = 0; sub < 1_000; sub++) peer.say({ ...subscribe, sub, stream: `s${sub % 6}` });
  peer.say({ ...subscribe, sub: 0, stream: 's5' });
  peer.say({ type: 'unsubscribe', sub: 12_345 });
  peer.say({ type: 'credit', sub: 12_345, bytes: 1 });
  await settle();
  assert.equal(peer.of('subscribed').length, 4);
  assert.equal(peer.of('error').length, 997);
  assert.equal(peer.of('error')[0]?.code, 'limitReached');
  assert.equal(peer.of('error').at(-1)?.code, 'alreadySubscribed');
  assert.equal(peer.closed, undefined);
});

for (const [name, code, wish] of [
  ['a stream that does not exist', 'notFound', { stream: 'none' }],
  ['a bad name', 'badName', { stream: '' }],
  ['an unknown place', 'badRequest', { from: { at: 'yesterday' } }],
  ['an offset past the tail', 'offsetOutOfRange', { from: { at: 'offset', offset: 1 } }],
  ['no offset', 'badRequest', { from: { at: 'offset' } }],
  ['a cursor without name', 'badRequest', { from: { at: 'cursor' } }],
  ['another incarnation', 'incarnationMismatch', { incarnation: 'other' }],
] as const) {
  test(`session: subscribe to ${name}: ${code}, the connection lives on`, async () => {
    const { peer, settle, broker } = await producing();
    peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 1, ...wish });
    await settle();
    assert.equal(peer.of('error')[0]?.code, code);
    assert.equal(peer.of('error')[0]?.sub, 1);
    assert.equal(peer.session.readers.size, 0);
    assert.equal(broker.feeds.subscriptionCount, 0);
  });
}

test('session: a cursor: moves when told, and a later connection goes on there [P4]', async () => {
  const { peer, sealed, settle, broker } = await producing();
  peer.publish(1, sealed(0), sealed(1), sealed(2));
  const subscribe = {
    type: 'subscribe',
    sub: 1,
    stream: 's',
    from: { at: 'cursor' },
    cursor: 'c',
    credit: 1_000,
  } as const;
  peer.say(subscribe);
  await settle();
  assert.equal(peer.of('subscribed')[0]?.from, 0);
  peer.say({ type: 'commit', sub: 1, offset: 1 });
  peer.say({ type: 'commit', sub: 1, offset: 2 });
  await settle();
  assert.deepEqual(
    peer.of('committed').map(({ offset }) => offset),
    [1, 2],
  );
  const later = FakePeer.welcomed(broker);
  later.say(subscribe);
  await settle();
  assert.equal(later.of('subscribed')[0]?.from, 2);
});

test('session: commits past what was sent, backwards, for another’s subscription: errors, the cursor stays [FAILURES 22] [I5]', async () => {
  const { peer, sealed, settle, broker } = await producing();
  peer.publish(1, sealed(0), sealed(1));
  peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, cursor: 'c', credit: 1_000 });
  await settle();
  peer.say({ type: 'commit', sub: 1, offset: 3 });
  peer.say({ type: 'commit', sub: 1, offset: 2 });
  await settle();
  peer.say({ type: 'commit', sub: 1, offset: 1 });
  await settle();
  const other = FakePeer.welcomed(broker);
  other.say({ type: 'commit', sub: 1, offset: 0 });
  assert.deepEqual(
    peer.of('error').map(({ code }) => code),
    ['cursorAhead', 'cursorRegressed'],
  );
  assert.equal(other.of('error')[0]?.code, 'badRequest');
  assert.equal((await broker.cursors.get('s', 'c'))?.offset, 2);
});

test('session: a cursor of an earlier incarnation: begins at the start of the new one', async () => {
  const { peer, sealed, settle, broker, store } = await producing();
  peer.publish(1, sealed(0));
  peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, cursor: 'c', credit: 1_000 });
  await settle();
  peer.say({ type: 'commit', sub: 1, offset: 1 });
  await settle();
  await store.log.delete('s');
  await store.log.create('s');
  const later = FakePeer.welcomed(broker);
  later.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'cursor' }, cursor: 'c', credit: 1_000 });
  await settle();
  assert.equal(later.of('subscribed')[0]?.from, 0);
});

test('session: heartbeats: the server speaks when idle, and gives up a silent peer after three intervals', async () => {
  const { broker, virtual, limits } = testBroker();
  const peer = FakePeer.welcomed(broker);
  await virtual.advance(limits.heartbeatMs * 2);
  assert.equal(peer.of('heartbeat').length, 2);
  peer.session.heard(1);
  await virtual.advance(limits.heartbeatMs * 2);
  assert.equal(peer.closed, undefined);
  await virtual.advance(limits.heartbeatMs);
  assert.equal(peer.of('closing')[0]?.code, 'timeout');
  assert.equal(peer.closed?.code, 4001);
  assert.equal(virtual.pendingTimers, 0);
});

test('session: a peer that is alive and does not read: closed with slowReader after its time [FAILURES 24] [P7]', async () => {
  const { broker, peer: producer, sealed, settle, virtual, limits } = await producing();
  const reader = FakePeer.welcomed(broker);
  reader.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 100_000 });
  await settle();
  reader.stopReading();
  for (let sequence = 0; sequence < 20; sequence++) producer.publish(1, sealed(sequence, 'x'.repeat(1_000)));
  await settle();
  for (let passedMs = 0; passedMs < limits.slowReaderMs; passedMs += 10_000) {
    assert.equal(reader.of('closing').length, 0);
    await virtual.advance(10_000);
    reader.session.heard(1);
    reader.say({ type: 'received', bytes: 0 });
    producer.session.heard(1);
  }
  assert.equal(reader.closed?.code, errorTable.slowReader.close);
  assert.equal(producer.closed, undefined);
});

test('session: a flood of calls by a peer that does not read its answers: bounded, then closed [P7]', async () => {
  const { broker, limits, settle } = testBroker();
  const peer = FakePeer.welcomed(broker);
  for (let id = 0; id < 1_000; id++) peer.say({ type: 'call', id, method: 'streams.list', params: {} });
  assert.ok(peer.session.callsInFlight <= limits.callsPerConnectionMax);
  await settle();
  peer.bufferedBytes = 3 * limits.connectionBufferBytesMax;
  peer.say({ type: 'call', id: 1, method: 'streams.list', params: {} });
  await settle();
  assert.equal(peer.closed?.code, errorTable.slowReader.close);
});

test('session: calls: results and typed errors, by id', async () => {
  const { broker, settle } = testBroker();
  const peer = FakePeer.welcomed(broker);
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
  assert.deepEqual(peer.of('result').find(({ id }) => id === 11)?.value, []);
});

test('session: a graceful stop: everyone is told, what is queued is receipted, then closed [P7]', async () => {
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
  assert.equal(broker.sessions.size, 0);
});

test('session: a graceful stop with a store that does not answer: bounded', async () => {
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

test('session: cut after every message of a valid exchange: nothing is left behind, and the rest can be done again [FAILURES 25]', async () => {
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
  const { broker, sealed, settle, store, virtual } = testBroker();
  for (const settled of [false, true]) {
    for (let count = 0; count <= exchange.length; count++) {
      const peer = new FakePeer(broker);
      for (const step of exchange.slice(0, count)) {
        step(peer, sealed);
        if (settled) await settle();
      }
      peer.session.linkClosed();
      await settle();
      assert.equal(broker.sessions.size, 0);
      assert.equal(broker.feeds.subscriptionCount, 0);
      assert.equal(broker.claims.size, 0);
      assert.equal(virtual.pendingTimers, 0);
    }
  }
  const info = await store.log.info('s');
  assert.equal(typeof info === 'object' && info.tail, 3);
  assert.equal((await broker.cursors.get('s', 'c'))?.offset, 3);
});

test('session: any error of the store: told by its code', async () => {
  const { peer, sealed, settle, store } = await producing();
  store.log.append = async () => {
    throw new PacketboatError('diskFull', 'No space left', { retryAfterMs: 1_000 });
  };
  peer.publish(1, sealed(0));
  await settle();
  const rejected = peer.of('rejected')[0];
  assert.deepEqual(rejected, {
    type: 'rejected',
    channel: 1,
    sequence: 0,
    code: 'diskFull',
    message: 'No space left',
    retryAfterMs: 1_000,
  });
});

test('session: parts: a frame in parts, with messages between them, is one frame', async () => {
  const { peer, settle, virtual } = await producing();
  const records = [{ timeNs: 1n, bytes: new Uint8Array(3_000) }];
  const batch = sealBatch({ records, producer: { id: 'p', epoch: 0, sequence: 0 } }, virtual.world.crc32);
  const frame = encodePublish(1, [batch]);
  for (let at = 0, index = 0; at < frame.length; at += 1_000, index++) {
    peer.session.receiveBinary(encodePart(index, at + 1_000 >= frame.length, frame.subarray(at, at + 1_000)));
    peer.session.receiveText(encodeMessage({ type: 'heartbeat' }));
  }
  await settle();
  assert.equal(peer.of('receipt')[0]?.sequence, 0);
});
