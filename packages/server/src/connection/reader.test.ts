import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorTable } from '@packetboat/core';
import { FakePeer } from '../testing/fake_peer.ts';
import { producing } from '../testing/producing.ts';
import { testBroker } from '../testing/test_broker.ts';

test('connection: subscribe 1,000 times, one id twice, unsubscribe what does not exist: limits and no more [H23] [P7]', async () => {
  const { broker, store, settle } = testBroker({ subscriptionsPerConnectionMax: 4 });
  for (let index = 0; index < 6; index++) await store.log.create(`s${index}`);
  const peer = FakePeer.greeting(broker);
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
  test(`connection: subscribe to ${name}: ${code}, the connection lives on`, async () => {
    const { peer, settle, broker } = await producing();
    peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 1, ...wish });
    await settle();
    assert.equal(peer.of('error')[0]?.code, code);
    assert.equal(peer.of('error')[0]?.sub, 1);
    assert.equal(peer.connection.readers.size, 0);
    assert.equal(broker.feeds.subscriptionCount, 0);
  });
}

test('connection: a cursor: moves when told, and a later connection goes on there [P4]', async () => {
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
  const later = FakePeer.greeting(broker);
  later.say(subscribe);
  await settle();
  assert.equal(later.of('subscribed')[0]?.from, 2);
});

test('connection: commits past what was sent, backwards, for another’s subscription: errors, the cursor stays [H22] [I5]', async () => {
  const { peer, sealed, settle, broker } = await producing();
  peer.publish(1, sealed(0), sealed(1));
  peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, cursor: 'c', credit: 1_000 });
  await settle();
  peer.say({ type: 'commit', sub: 1, offset: 3 });
  peer.say({ type: 'commit', sub: 1, offset: 2 });
  await settle();
  peer.say({ type: 'commit', sub: 1, offset: 1 });
  await settle();
  const other = await FakePeer.welcomed(broker);
  other.say({ type: 'commit', sub: 1, offset: 0 });
  assert.deepEqual(
    peer.of('error').map(({ code }) => code),
    ['cursorAhead', 'cursorRegressed'],
  );
  assert.equal(other.of('error')[0]?.code, 'badRequest');
  assert.equal((await broker.cursors.get('s', 'c'))?.offset, 2);
});

test('connection: a cursor of an earlier incarnation: begins at the start of the new one', async () => {
  const { peer, sealed, settle, broker, store } = await producing();
  peer.publish(1, sealed(0));
  peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, cursor: 'c', credit: 1_000 });
  await settle();
  peer.say({ type: 'commit', sub: 1, offset: 1 });
  await settle();
  await store.log.delete('s');
  await store.log.create('s');
  const later = FakePeer.greeting(broker);
  later.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'cursor' }, cursor: 'c', credit: 1_000 });
  await settle();
  assert.equal(later.of('subscribed')[0]?.from, 0);
});

test('connection: a peer that is alive and does not read: closed with slowReader after its time [H24] [P7]', async () => {
  const { broker, peer: producer, sealed, settle, virtual, limits } = await producing();
  const reader = FakePeer.greeting(broker);
  reader.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 100_000 });
  await settle();
  reader.stopReading();
  for (let sequence = 0; sequence < 20; sequence++) producer.publish(1, sealed(sequence, 'x'.repeat(1_000)));
  await settle();
  for (let passedMs = 0; passedMs < limits.slowReaderMs; passedMs += 10_000) {
    assert.equal(reader.of('closing').length, 0);
    await virtual.advance(10_000);
    reader.connection.heard(1);
    reader.say({ type: 'received', bytes: 0 });
    producer.connection.heard(1);
  }
  assert.equal(reader.closed?.code, errorTable.slowReader.close);
  assert.equal(producer.closed, undefined);
});

test('connection: a peer that is found too slow when it is told that it has subscribed: nothing of the subscription stays [P7] [I10]', async () => {
  const { broker, store, settle } = testBroker();
  const peer = await FakePeer.welcomed(broker);
  await store.log.create('s');
  peer.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 1 });
  peer.bufferedBytes = 3 * broker.limits.connectionBufferBytesMax;
  await settle();
  assert.equal(peer.closed?.reason, 'slowReader');
  assert.equal(broker.feeds.subscriptionCount, 0);
});
