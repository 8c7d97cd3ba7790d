import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits, type Segment } from '@packetboat/core';
import { SegmentMaker, subscribed } from './testing/scripted_answers.ts';
import { openedReader } from './testing/scripted_reader.ts';
import { ScriptedServer } from './testing/scripted_server.ts';

test('Subscription goes on after a cut from the exact record, in the same incarnation [P4]', async () => {
  const { server, make, got } = await openedReader();
  await server.saySegment(7, make.next(['a', 'b']));
  server.network.cut();
  await server.virtual.advance(500);
  const { from, incarnation } = server.last('subscribe');
  assert.deepEqual([from, incarnation], [{ at: 'offset', offset: 2 }, 'i1']);
  await server.say(subscribed(server, 2));
  await server.saySegment(7, make.next(['c']));
  assert.deepEqual(got, ['0 a', '1 b', '2 c']);
});

test('Subscription drops what the server sends once more of a segment that was read in part', async () => {
  const { server, got } = await openedReader();
  await server.saySegment(7, new SegmentMaker(server).next(['a', 'b']));
  server.network.cut();
  await server.virtual.advance(500);
  await server.say(subscribed(server, 2));
  await server.saySegment(7, new SegmentMaker(server).next(['a', 'b'], ['c']));
  assert.deepEqual(got, ['0 a', '1 b', '2 c']);
});

test('Subscription ends with an error when the stream was created anew while we were away', async () => {
  const { server, make, got, looped } = await openedReader();
  await server.saySegment(7, make.next(['a']));
  server.network.cut();
  await server.virtual.advance(500);
  const { sub } = server.last('subscribe');
  await server.say({ type: 'error', sub, code: 'incarnationMismatch', message: 'it is another' });
  assert.equal(((await looped) as { code: string }).code, 'incarnationMismatch');
  assert.deepEqual(got, ['0 a']);
});

test('Subscription ends without an error when the stream was deleted while we were away', async () => {
  const { server, reader, make, looped } = await openedReader();
  await server.saySegment(7, make.next(['a']));
  server.network.cut();
  await server.virtual.advance(500);
  await server.say({ type: 'error', sub: server.last('subscribe').sub, code: 'gone', message: 'deleted' });
  assert.equal(await looped, undefined);
  assert.equal(reader.ended, 'deleted');
});

test('Subscription tries again when the server cannot serve it now, and takes nothing twice', async () => {
  const { server, make, got } = await openedReader();
  const { sub } = server.last('subscribe');
  await server.saySegment(7, make.next(['a']));
  await server.say({ type: 'error', sub, code: 'busy', message: 'later', retryAfterMs: 300 });
  await server.saySegment(7, make.next(['b']));
  await server.virtual.advance(250);
  assert.equal(server.count('subscribe'), 1);
  await server.virtual.advance(200);
  assert.deepEqual(
    server.heard.slice(-2).map(({ type }) => type),
    ['unsubscribe', 'subscribe'],
  );
  assert.deepEqual(server.last('subscribe').from, { at: 'offset', offset: 1 });
  await server.say(subscribed(server, 1));
  const again = new SegmentMaker(server);
  again.next(['a']);
  await server.saySegment(7, again.next(['b']));
  assert.deepEqual(got, ['0 a', '1 b']);
});

const damages: Record<string, (segment: Segment) => Segment> = {
  'a bit is wrong': (segment) => {
    const bytes = segment.bytes.slice();
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    return { ...segment, bytes };
  },
  'the checksum before is wrong': (segment) => ({ ...segment, checksumBefore: segment.checksumBefore ^ 1 }),
  'the checksum after is wrong': (segment) => ({ ...segment, checksumAfter: segment.checksumAfter ^ 1 }),
  'a segment is missing': (segment) => ({ ...segment, base: segment.base + 1 }),
};

for (const [what, damage] of Object.entries(damages)) {
  test(`Subscription tells the reader when ${what}, after the last good record, and skips nothing [P5] [F14]`, async () => {
    const { server, reader, make, got, looped } = await openedReader();
    await server.saySegment(7, make.next(['a', 'b']));
    await server.saySegment(7, damage(make.next(['c'])));
    await server.saySegment(7, make.next(['d']));
    assert.equal(((await looped) as { code: string }).code, 'checksumMismatch');
    assert.deepEqual(got, ['0 a', '1 b']);
    assert.equal(reader.position?.offset, 2);
    assert.equal(reader.ended, 'stopped');
  });
}

test('Subscription gives the good records that came before the damage, also when the reader is slow [P5]', async () => {
  const server = new ScriptedServer();
  const client = await server.connected();
  const reader = client.read('s');
  await server.virtual.advance(5);
  await server.say(subscribed(server, 0));
  const make = new SegmentMaker(server);
  await server.saySegment(7, make.next(['a', 'b']));
  await server.saySegment(7, { ...make.next(['c']), checksumAfter: 1 });
  let count = 0;
  const loop = async () => {
    for await (const _ of reader) count += 1;
  };
  await assert.rejects(loop(), { code: 'checksumMismatch' });
  assert.equal(count, 2);
});

test('Subscription returns credit as the user takes, a quarter of all at a time [P7]', async () => {
  const server = new ScriptedServer();
  const client = await server.connected();
  const reader = client.read('s', { creditBytes: 1_000 });
  await server.virtual.advance(5);
  await server.say(subscribed(server, 0));
  const make = new SegmentMaker(server);
  const bytes: number[] = [];
  for (let count = 0; count < 6; count++) {
    const segment = make.next(['x'.repeat(80)]);
    bytes.push(segment.bytes.length);
    await server.saySegment(7, segment);
  }
  assert.equal(server.count('credit'), 0, 'nothing was taken yet');
  const batches = reader.batches();
  for (let count = 0; count < 6; count++) await batches.next();
  await server.virtual.advance(5);
  // The sixth is in the user's hands.
  const taken = bytes.slice(0, 2).reduce((sum, each) => sum + each, 0);
  assert.ok(taken >= 250);
  assert.deepEqual(
    server.heard.flatMap((message) => (message.type === 'credit' ? [message.bytes] : [])),
    [taken, taken],
  );
});

test('Subscription asks after a cut only for what it can hold, and for the rest when the user has taken it [P7]', async () => {
  const server = new ScriptedServer();
  const client = await server.connected({ backoff: { firstMs: 10, capMs: 10 } });
  const reader = client.read('s', { creditBytes: 100 });
  await server.virtual.advance(5);
  await server.say(subscribed(server, 0));
  const make = new SegmentMaker(server);
  const segment = make.next(['x'.repeat(200)]);
  await server.saySegment(7, segment);
  server.network.cut();
  await server.virtual.advance(50);
  assert.equal(server.last('subscribe').credit, 0);
  // Taken between question and answer: the credit must not be lost.
  const batches = reader.batches();
  await batches.next();
  const next = batches.next();
  await server.virtual.advance(5);
  assert.equal(server.count('credit'), 0);
  await server.say(subscribed(server, 1));
  assert.equal(server.last('credit').bytes, segment.bytes.length);
  await server.saySegment(7, make.next(['y']));
  assert.equal((await next).value?.[0]?.offset, 1);
});

test('Subscription asks after a cut for the credit that gaps in hand will not give back: they cost none [P7]', async () => {
  const server = new ScriptedServer();
  const client = await server.connected({ backoff: { firstMs: 10, capMs: 10 } });
  const reader = client.read('s', { creditBytes: 100 });
  await server.virtual.advance(5);
  await server.say(subscribed(server, 0));
  for (const from of [0, 1, 2]) {
    await server.say({
      type: 'gap',
      sub: server.last('subscribe').sub,
      from,
      to: from + 1,
      count: 1,
      reason: 'retention',
    });
  }
  server.network.cut();
  await server.virtual.advance(50);
  assert.equal(server.last('subscribe').credit, 100);
  reader.close();
});

test('Subscription holds no more than its credit and a frame, and loses nothing to a server that sends more [P7]', async () => {
  const server = new ScriptedServer();
  const client = await server.connected({ backoff: { firstMs: 10, capMs: 10 } });
  const reader = client.read('s', { creditBytes: 1_000 });
  await server.virtual.advance(5);
  await server.say(subscribed(server, 0));
  const make = new SegmentMaker(server);
  // A credit of 1,000 bytes and one frame: the server sends half as much again.
  const text = 'x'.repeat(900);
  const length = Math.ceil((1.5 * defaultLimits.frameBytesMax) / text.length);
  const segments = Array.from({ length }, () => make.next([text]));
  for (const segment of segments) {
    await server.saySegment(7, segment);
    if (server.count('hello') > 1) break;
  }
  await server.virtual.advance(50);
  assert.equal(server.count('hello'), 2, 'the link ended');
  const { from, credit } = server.last('subscribe');
  assert.equal(credit, 0);
  const batches = reader.batches();
  for (let offset = 0; offset < (from.offset ?? 0); offset++) {
    assert.equal((await batches.next()).value?.[0]?.offset, offset);
  }
  const next = batches.next();
  await server.say(subscribed(server, from.offset ?? 0));
  const [missing] = segments.slice(from.offset);
  assert.ok(missing !== undefined);
  await server.saySegment(7, missing);
  assert.equal((await next).value?.[0]?.offset, from.offset);
});

test('Subscription believes no answer that does not fit what it asked: the link ends and it asks again', async () => {
  for (const say of [
    (server: ScriptedServer) => server.say({ ...subscribed(server, 0) }),
    (server: ScriptedServer) => {
      const { sub } = server.last('subscribe');
      return server.say({ type: 'gap', sub, from: 5, to: 9, count: 4, reason: 'retention' });
    },
    (server: ScriptedServer) => {
      const { sub } = server.last('subscribe');
      return server.say({ type: 'gap', sub, from: 0, to: 0, count: 0, reason: 'retention' });
    },
    (server: ScriptedServer) => server.say({ type: 'caughtUp', sub: server.last('subscribe').sub, offset: 3 }),
    (server: ScriptedServer) =>
      server.say({ type: 'ended', sub: server.last('subscribe').sub, reason: 'closed', offset: 3 }),
  ]) {
    const { server, got, make } = await openedReader();
    await say(server);
    await server.virtual.advance(500);
    assert.equal(server.count('hello'), 2);
    await server.say(subscribed(server, 0));
    await server.saySegment(7, make.next(['a']));
    assert.deepEqual(got, ['0 a']);
  }
  for (const [from, told] of [
    ['start', 4],
    [3, 4],
  ] as const) {
    const { server } = await openedReader({ from }, told);
    await server.virtual.advance(500);
    assert.equal(server.count('hello'), 2, 'it would have left out records');
  }
});

test('Subscription ends when the client does: first what has come, then aborted', async () => {
  const server = new ScriptedServer();
  const client = await server.connected();
  const reader = client.read('s');
  await server.virtual.advance(5);
  await server.say(subscribed(server, 0));
  await server.saySegment(7, new SegmentMaker(server).next(['a']));
  await server.farewell(client);
  const records = reader[Symbol.asyncIterator]();
  assert.equal((await records.next()).value?.offset, 0);
  await assert.rejects(records.next(), { code: 'aborted' });
  await assert.rejects(client.read('s')[Symbol.asyncIterator]().next(), { code: 'aborted' });
  assert.equal(server.virtual.pendingTimers, 0);
});
