import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  crc32,
  encodeMessage,
  encodePart,
  encodePublish,
  PacketboatError,
  type Proof,
  sealBatch,
} from '@packetboat/core';
import { FakePeer } from '../testing/fake_peer.ts';
import { produce, producing } from '../testing/producing.ts';
import { storedTexts } from '../testing/stored_texts.ts';
import { testBroker } from '../testing/test_broker.ts';

test('connection: publish: one receipt for all batches of a turn, with the last one’s proof [P1]', async () => {
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

test('connection: publish again: acknowledged as a duplicate with its first offset, stored once [P2] [F2]', async () => {
  const { peer, sealed, settle, store, broker } = await producing();
  peer.publish(1, sealed(0));
  await settle();
  const second = FakePeer.greeting(broker);
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

test('connection: a refused batch: nothing after it is stored until the channel is opened anew [P3]', async () => {
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
  assert.equal(peer.of('producing').at(-1)?.sequence, 1, 'sequence 1 was in the queue before the refusal was known');
  const info = await store.log.info('s');
  assert.equal(typeof info === 'object' && info.tail, 1);
});

/** The first three batches of a life of producer `p`, all in epoch 0. */
function sealedBy(life: string): Uint8Array[] {
  return [0, 1, 2].map((sequence) => {
    const records = [{ timeNs: 0n, bytes: new TextEncoder().encode(`${life} ${sequence}`) }];
    return sealBatch({ records, producer: { id: 'p', epoch: 0, sequence } }, crc32);
  });
}

test('connection: two lives of a producer in one epoch, which a restart made the server forget: of the second, nothing is stored behind the first [P3] [I6]', async () => {
  const { peer, settle, store, broker } = await producing();
  const second = FakePeer.greeting(broker);
  second.say({ ...produce, epoch: 0 });
  await settle();
  peer.publish(1, ...sealedBy('first').slice(0, 2));
  second.publish(1, ...sealedBy('second'));
  await settle();
  assert.deepEqual(
    second.of('rejected').map(({ code, sequence }) => [code, sequence]),
    [['sequenceReused', 0]],
  );
  assert.deepEqual(await storedTexts(store, 's'), ['first 0', 'first 1']);
});

test('connection: a batch of another producer or epoch: refused', async () => {
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

test('connection: a damaged batch: refused, nothing of its frame is stored [P5]', async () => {
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

test('connection: a producer over its window: refused with limitReached [P7]', async () => {
  const { peer, sealed, settle } = await producing({ windowBatchesMax: 2 });
  peer.publish(1, sealed(0), sealed(1), sealed(2));
  await settle();
  assert.deepEqual(
    peer.of('rejected').map(({ code, sequence }) => [code, sequence]),
    [['limitReached', 2]],
  );
});

test('connection: the store has too much waiting: busy, and when to come back [P7]', async () => {
  const { peer, sealed, settle } = await producing({ appendQueueBytesMax: 100 });
  peer.publish(1, sealed(0), sealed(1));
  await settle();
  assert.equal(peer.of('receipt')[0]?.sequence, 0);
  assert.equal(peer.of('rejected')[0]?.code, 'busy');
  assert.equal(typeof peer.of('rejected')[0]?.retryAfterMs, 'number');
});

test('connection: a channel that is not open: refused, the connection lives on', async () => {
  const { peer, sealed, settle } = await producing();
  peer.publish(9, sealed(0));
  await settle();
  assert.equal(peer.of('rejected')[0]?.channel, 9);
  assert.equal(peer.closed, undefined);
});

test('connection: two lives of a producer that open before either publishes: different epochs, the older is fenced [P2] [I6]', async () => {
  const { broker, peer, sealed, settle } = await producing();
  const second = FakePeer.greeting(broker);
  second.say(produce);
  await settle();
  assert.equal(second.of('producing')[0]?.epoch, 1);
  second.publish(1, sealed(0, 'second life', 1));
  await settle();
  peer.publish(1, sealed(0));
  await settle();
  assert.equal(peer.of('rejected')[0]?.code, 'staleEpoch');
});

test('connection: finish: what is in flight is still acknowledged', async () => {
  const { peer, sealed, settle, broker } = await producing();
  peer.publish(1, sealed(0));
  peer.say({ type: 'finish', channel: 1 });
  await settle();
  assert.equal(peer.of('receipt')[0]?.sequence, 0);
  assert.equal(broker.claims.size, 0);
});

test('connection: a channel opened anew: receipts of its earlier life are not taken for the new one [P1]', async () => {
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
  test(`connection: produce with ${name}: refused with ${code}`, async () => {
    const { broker, store, settle } = testBroker();
    await store.log.create('there');
    await store.log.create('gone');
    await store.log.delete('gone');
    const peer = FakePeer.greeting(broker);
    peer.say({ ...produce, ...wish });
    await settle();
    assert.equal(peer.of('rejected')[0]?.code, code);
    assert.equal(peer.connection.channels.size, 0);
  });
}

test('connection: a stale epoch: refused when the channel is opened', async () => {
  const { peer, sealed, settle, broker } = await producing();
  peer.say({ ...produce, epoch: 5 });
  await settle();
  peer.publish(1, sealed(0, 'x', 5));
  await settle();
  const late = FakePeer.greeting(broker);
  late.say({ ...produce, epoch: 4 });
  await settle();
  assert.equal(late.of('rejected')[0]?.code, 'staleEpoch');
});

test('connection: a receipt of another store as witness: wrongStore, and the next produce without it goes on [F15]', async () => {
  const { peer, sealed, settle, broker } = await producing();
  peer.publish(1, sealed(0));
  await settle();
  const proof = peer.of('receipt')[0]?.proof;
  assert.ok(proof);
  const other = FakePeer.greeting(broker);
  other.say({ ...produce, witness: { ...proof, storeId: 'elsewhere' } });
  await settle();
  assert.equal(other.of('rejected')[0]?.code, 'wrongStore');
  other.say({ ...produce, witness: proof });
  await settle();
  assert.equal(other.of('producing').length, 1);
});

test('connection: a receipt ahead of the store as witness: dataLossDetected [F15]', async () => {
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

test('connection: channels over the limit: refused, those that exist go on [H23] [P7]', async () => {
  const { peer, sealed, settle } = await producing({ channelsPerConnectionMax: 2 });
  for (let channel = 2; channel < 10; channel++) peer.say({ ...produce, channel, producer: `p${channel}` });
  peer.publish(1, sealed(0));
  await settle();
  assert.equal(peer.of('rejected').length, 7);
  assert.equal(peer.of('rejected')[0]?.code, 'limitReached');
  assert.equal(peer.of('receipt').length, 1);
});

test('connection: any error of the store: told by its code', async () => {
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

test('connection: parts: a frame in parts, with messages between them, is one frame', async () => {
  const { peer, settle, virtual } = await producing();
  const records = [{ timeNs: 1n, bytes: new Uint8Array(3_000) }];
  const batch = sealBatch({ records, producer: { id: 'p', epoch: 0, sequence: 0 } }, virtual.world.crc32);
  const frame = encodePublish(1, [batch]);
  for (let at = 0, index = 0; at < frame.length; at += 1_000, index++) {
    peer.connection.receiveBinary(encodePart(index, at + 1_000 >= frame.length, frame.subarray(at, at + 1_000)));
    peer.connection.receiveText(encodeMessage({ type: 'heartbeat' }));
  }
  await settle();
  assert.equal(peer.of('receipt')[0]?.sequence, 0);
});

test('channel: a producer that used the last epoch there is: its next life is refused, and nothing is left [P2]', async () => {
  const { broker, settle, sealed } = testBroker();
  const peer = FakePeer.greeting(broker);
  const epoch = Number.MAX_SAFE_INTEGER;
  peer.say({ ...produce, epoch });
  await settle();
  peer.publish(1, sealed(0, 'last', epoch));
  await settle();
  assert.equal(peer.of('receipt').length, 1);
  peer.say({ ...produce, channel: 2 });
  await settle();
  assert.deepEqual(
    peer.of('rejected').map(({ channel, code }) => [channel, code]),
    [[2, 'badRequest']],
  );
  peer.connection.linkClosed();
  await settle();
  assert.equal(broker.claims.size, 0);
});

test('connection: publish to a JSON stream: each record is one value, else refused and nothing of the batch stored [H11] [H20]', async () => {
  for (const bad of ['', ' ', '{"a":', '1 ', ' 1', '[1],[2]', 'x', '\ufeff1', '['.repeat(100)]) {
    const { broker, store, sealed, settle } = testBroker();
    const other = FakePeer.greeting(broker);
    other.say({ ...produce, producer: 'q', contentType: 'application/json' });
    const peer = FakePeer.greeting(broker);
    peer.say({ ...produce, contentType: 'application/json' });
    await settle();
    peer.publish(1, sealed(0, '{"a": 1.0}'));
    peer.publish(1, sealed(1, bad), sealed(2, '2'));
    await settle();
    other.publish(1, sealed(0, '"other"', 0, 'q'));
    await settle();
    const rejections = peer.of('rejected').map(({ code, sequence }) => [code, sequence]);
    assert.deepEqual(rejections, [['badJson', 1]], JSON.stringify(bad));
    assert.equal(peer.closed, undefined);
    assert.equal(other.of('receipt').length, 1);
    assert.deepEqual(await storedTexts(store, 's'), ['{"a": 1.0}', '"other"']);
  }
});

test('connection: publish to a JSON stream: a gap is JSON too, and what was refused may be sent as JSON again', async () => {
  const { broker, store, sealed, settle, virtual } = testBroker();
  const peer = FakePeer.greeting(broker);
  peer.say({ ...produce, contentType: 'Application/JSON; charset=utf-8' });
  await settle();
  const gap = '{"from":1,"to":2,"count":2,"reason":"spoolFull"}';
  const records = [{ timeNs: 1n, bytes: Buffer.from(gap) }];
  peer.publish(1, sealBatch({ records, gap: true, producer: { id: 'p', epoch: 0, sequence: 0 } }, virtual.world.crc32));
  peer.publish(1, sealed(1, 'no JSON'));
  await settle();
  peer.say({ ...produce, epoch: 0 });
  await settle();
  peer.publish(1, sealed(1, '"JSON"'));
  await settle();
  assert.deepEqual(await storedTexts(store, 's'), [gap, '"JSON"']);
});

test('connection: publish to a stream of another type: bytes of any kind', async () => {
  const { peer, sealed, settle, store } = await producing();
  peer.publish(1, sealed(0, 'no JSON'));
  await settle();
  assert.deepEqual(await storedTexts(store, 's'), ['no JSON']);
});

test('connection: produce with a type that no header may hold: badRequest, nothing is created', async () => {
  const { broker, store, settle } = testBroker();
  const peer = FakePeer.greeting(broker);
  for (const contentType of ['text', 'a/b\r\nX: y', `a/${'b'.repeat(64)}`]) {
    peer.say({ ...produce, contentType });
    await settle();
  }
  assert.deepEqual(
    peer.of('rejected').map(({ code }) => code),
    ['badRequest', 'badRequest', 'badRequest'],
  );
  assert.equal(await store.log.info('s'), 'notFound');
});
