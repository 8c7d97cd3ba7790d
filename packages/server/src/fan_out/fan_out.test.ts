import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBatches } from '@packetboat/core';
import { FakePeer } from '../testing/fake_peer.ts';
import { testBroker } from '../testing/test_broker.ts';

type Bench = ReturnType<typeof testBroker>;

async function producing(bench: Bench, stream = 's'): Promise<FakePeer> {
  const peer = FakePeer.greeting(bench.broker);
  peer.say({ type: 'produce', channel: 1, stream, producer: 'p', create: true });
  await bench.settle();
  assert.equal(peer.of('producing').length, 1);
  return peer;
}

function reading(bench: Bench, credit = 1_000_000, stream = 's'): FakePeer {
  const peer = FakePeer.greeting(bench.broker);
  peer.say({ type: 'subscribe', sub: 1, stream, from: { at: 'start' }, credit });
  return peer;
}

/** Every record a reader has got, in order; frames must follow each other. */
function offsetsOf(peer: FakePeer, from = 0): number {
  let next = from;
  for (const frame of peer.frames) {
    assert.ok(frame.base <= next && frame.base + frame.count > next, `${frame.base} follows ${next}`);
    next = frame.base + frame.count;
  }
  return next;
}

test('fan-out: 1,000 readers of one stream: all get the very same buffer, encoded once [P7]', async () => {
  const bench = testBroker();
  const producer = await producing(bench);
  const readers = Array.from({ length: 1_000 }, () => reading(bench));
  await bench.settle();
  producer.publish(1, bench.sealed(0));
  await bench.settle();
  const [first] = readers;
  assert.equal(first?.binaries.length, 1);
  for (const reader of readers) assert.equal(reader.binaries[0], first.binaries[0]);
});

test('fan-out: a stalled reader: holds at most its bound, slows nobody, and catches up [P7]', async () => {
  const bench = testBroker({ connectionBufferBytesMax: 20_000, frameCacheBytesMax: 30_000, creditBytesMax: 1_000_000 });
  const producer = await producing(bench);
  const stalled = reading(bench);
  const live = reading(bench);
  await bench.settle();
  stalled.stopReading();
  const payload = 'x'.repeat(4_000);
  for (let sequence = 0; sequence < 100; sequence++) {
    producer.publish(1, bench.sealed(sequence, payload));
    await bench.settle();
    assert.equal(offsetsOf(live), sequence + 1);
    assert.ok(stalled.connection.sender.pendingBytes <= 20_000 + 4_200);
  }
  assert.ok(stalled.unreadBytes > 0);
  stalled.readOn();
  await bench.settle();
  assert.equal(offsetsOf(stalled), 100);
  assert.equal(stalled.closed, undefined);
});

test('fan-out: a reader without credit: gets one frame beyond it, then nothing until more is granted [P7]', async () => {
  const bench = testBroker();
  const producer = await producing(bench);
  const reader = reading(bench, 1);
  await bench.settle();
  for (let sequence = 0; sequence < 3; sequence++) {
    producer.publish(1, bench.sealed(sequence));
    await bench.settle();
  }
  assert.equal(offsetsOf(reader), 1);
  assert.equal(reader.of('caughtUp').length, 1, 'it had caught up before anything was published');
  reader.say({ type: 'credit', sub: 1, bytes: 80 });
  await bench.settle();
  assert.equal(offsetsOf(reader), 2, 'one more frame uses it up');
  reader.say({ type: 'credit', sub: 1, bytes: 1_000_000 });
  await bench.settle();
  assert.equal(offsetsOf(reader), 3);
});

test('fan-out: a trim while a reader is behind: it is told of the gap and goes on after it [P6] [F10]', async () => {
  const bench = testBroker();
  const producer = await producing(bench);
  const reader = reading(bench, 0);
  for (let sequence = 0; sequence < 5; sequence++) {
    producer.publish(1, bench.sealed(sequence));
    await bench.settle();
  }
  for (const before of [1, 2, 3]) {
    await bench.store.log.trim('s', before);
    await bench.settle();
  }
  assert.deepEqual(reader.of('gap'), [], 'it does not read');
  reader.say({ type: 'credit', sub: 1, bytes: 1_000_000 });
  await bench.settle();
  assert.deepEqual(reader.of('gap'), [{ type: 'gap', sub: 1, from: 0, to: 3, count: 3, reason: 'retention' }]);
  assert.equal(offsetsOf(reader, 3), 5);
});

test('fan-out: a reader from the start of a trimmed stream: the gap comes first [P6]', async () => {
  const bench = testBroker();
  const producer = await producing(bench);
  for (let sequence = 0; sequence < 4; sequence++) {
    producer.publish(1, bench.sealed(sequence));
    await bench.settle();
  }
  await bench.store.log.trim('s', 2);
  const reader = reading(bench);
  await bench.settle();
  const types = reader.messages.map(({ type }) => type);
  assert.deepEqual(types, ['welcome', 'subscribed', 'gap', 'caughtUp']);
  assert.equal(offsetsOf(reader, 2), 4);
});

test('fan-out: a closed stream: readers get all of it, then its end', async () => {
  const bench = testBroker();
  const producer = await producing(bench);
  const early = reading(bench);
  producer.publish(1, bench.sealed(0));
  await bench.settle();
  await bench.store.log.close('s');
  const late = reading(bench);
  await bench.settle();
  for (const reader of [early, late]) {
    assert.equal(offsetsOf(reader), 1);
    assert.deepEqual(reader.of('ended'), [{ type: 'ended', sub: 1, reason: 'closed', offset: 1 }]);
  }
  assert.equal(bench.broker.feeds.subscriptionCount, 0);
});

test('fan-out: a deleted stream: readers are told, and a new one under the name is another feed [P3]', async () => {
  const bench = testBroker();
  await producing(bench);
  const reader = reading(bench);
  await bench.settle();
  await bench.store.log.delete('s');
  await bench.settle();
  assert.equal(reader.of('ended')[0]?.reason, 'deleted');
  await bench.store.log.create('s');
  reader.say({ type: 'subscribe', sub: 2, stream: 's', from: { at: 'start' }, credit: 1 });
  await bench.settle();
  const [first, second] = reader.of('subscribed');
  assert.notEqual(first?.number, second?.number);
  assert.notEqual(first?.incarnation, second?.incarnation);
});

test('fan-out: a fork: readers get what it inherited, then its own records, and none that its source takes later [P3]', async () => {
  const bench = testBroker();
  const producer = await producing(bench);
  for (const sequence of [0, 1, 2]) producer.publish(1, bench.sealed(sequence, `s${sequence}`));
  await bench.settle();
  await bench.store.log.create('f', { fork: { stream: 's', offset: 2 } });
  const reader = reading(bench, 1_000_000, 'f');
  const fork = await producing(bench, 'f');
  producer.publish(1, bench.sealed(3, 's3'));
  fork.publish(1, bench.sealed(0, 'f0'));
  await bench.settle();
  await bench.store.log.delete('s');
  await bench.settle();
  assert.equal(offsetsOf(reader), 3);
  const payloads = reader.frames.flatMap(({ batches }) =>
    openBatches(batches, bench.virtual.world.crc32, bench.limits),
  );
  assert.match(payloads.map(({ payload }) => new TextDecoder().decode(payload)).join(' '), /^s0.*s1.*f0/);
  assert.deepEqual(reader.of('ended'), []);
});

test('fan-out: 50 readers replay a long stream: all get everything, with a bounded number of reads at a time [F12]', async () => {
  const bench = testBroker({ frameCacheBytesMax: 20_000, readsInFlightMax: 2 });
  const producer = await producing(bench);
  for (let sequence = 0; sequence < 60; sequence++) {
    producer.publish(1, bench.sealed(sequence, 'y'.repeat(2_000)));
    await bench.settle();
  }
  let inFlight = 0;
  let inFlightMost = 0;
  const { log } = bench.store;
  const read = log.read.bind(log);
  log.read = async (...args) => {
    inFlight += 1;
    inFlightMost = Math.max(inFlightMost, inFlight);
    await Promise.resolve();
    inFlight -= 1;
    return read(...args);
  };
  const readers = Array.from({ length: 50 }, () => reading(bench));
  await bench.settle();
  for (const reader of readers) {
    assert.equal(offsetsOf(reader), 60);
    assert.equal(reader.of('caughtUp').length, 1);
  }
  assert.equal(inFlightMost, 2);
});

test('fan-out: a reader from the middle of a segment: gets the segment that holds it', async () => {
  const bench = testBroker();
  const producer = await producing(bench);
  producer.publish(1, ...[0, 1, 2].map((sequence) => bench.sealed(sequence)));
  await bench.settle();
  const reader = FakePeer.greeting(bench.broker);
  reader.say({ type: 'subscribe', sub: 7, stream: 's', from: { at: 'offset', offset: 1 }, credit: 1_000 });
  await bench.settle();
  const [frame] = reader.frames;
  assert.equal(reader.of('subscribed')[0]?.from, 1);
  assert.equal(frame?.base, 0);
  assert.equal(openBatches(frame.batches, bench.virtual.world.crc32, bench.limits).length, 3);
});

test('fan-out: the last reader leaves while another is about to come: the newcomer misses nothing [P6]', async () => {
  const bench = testBroker();
  const producer = await producing(bench);
  const first = reading(bench);
  await bench.settle();
  const second = reading(bench);
  first.say({ type: 'unsubscribe', sub: 1 });
  await bench.settle();
  producer.publish(1, bench.sealed(0));
  await bench.settle();
  assert.equal(offsetsOf(second), 1);
});

test('fan-out: several streams on one connection: each makes progress', async () => {
  const bench = testBroker({ connectionBufferBytesMax: 5_000 });
  const streams = ['a', 'b', 'c'];
  for (const stream of streams) {
    const producer = await producing(bench, stream);
    for (let sequence = 0; sequence < 20; sequence++) producer.publish(1, bench.sealed(sequence, 'z'.repeat(1_000)));
    await bench.settle();
  }
  const reader = FakePeer.greeting(bench.broker);
  for (const [sub, stream] of streams.entries()) {
    reader.say({ type: 'subscribe', sub, stream, from: { at: 'start' }, credit: 1_000_000 });
  }
  await bench.settle();
  assert.deepEqual(
    reader.of('caughtUp').map(({ offset }) => offset),
    [20, 20, 20],
  );
});

test('fan-out: leaving: nothing is kept for a reader that is gone', async () => {
  const bench = testBroker();
  const producer = await producing(bench);
  const reader = reading(bench);
  await bench.settle();
  reader.connection.linkClosed();
  producer.publish(1, bench.sealed(0));
  await bench.settle();
  assert.equal(reader.binaries.length, 0);
  assert.equal(bench.broker.feeds.subscriptionCount, 0);
  producer.connection.linkClosed();
  await bench.virtual.advance(bench.limits.windowMs);
  assert.equal(bench.virtual.pendingTimers, 0);
  assert.equal(bench.broker.claims.size, 0);
});
