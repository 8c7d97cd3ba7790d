import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadOptions } from './reader.ts';
import { SegmentMaker, subscribed } from './testing/scripted_answers.ts';
import { openedReader } from './testing/scripted_reader.ts';
import { ScriptedServer } from './testing/scripted_server.ts';

test('Reader asks for the place to begin that it was given', async () => {
  const places: [ReadOptions, object][] = [
    [{}, { at: 'start' }],
    [{ cursor: 'c' }, { at: 'cursor' }],
    [{ cursor: 'c', from: 'now' }, { at: 'now' }],
    [{ from: 'start' }, { at: 'start' }],
    [{ from: 12 }, { at: 'offset', offset: 12 }],
  ];
  for (const [options, from] of places) {
    const server = new ScriptedServer();
    const client = await server.connected();
    client.read('s', { creditBytes: 100, ...options });
    await server.virtual.advance(5);
    const { sub } = server.last('subscribe');
    const cursor = options.cursor === undefined ? {} : { cursor: options.cursor };
    assert.deepEqual(server.last('subscribe'), { type: 'subscribe', sub, stream: 's', from, credit: 100, ...cursor });
  }
});

test('Reader refuses options that make no sense', async () => {
  const server = new ScriptedServer();
  const client = await server.connected();
  for (const options of [{ from: -1 }, { from: 0.5 }, { from: 'cursor' }, { creditBytes: 0 }, { cursor: '\ud800' }]) {
    assert.throws(() => client.read('s', options as ReadOptions), { code: 'badRequest' });
  }
  await server.virtual.advance(5);
  assert.equal(server.count('subscribe'), 0);
});

test('Reader gives records with their offsets, from the one it asked for on [P5]', async () => {
  const { server, reader, got } = await openedReader({ from: 12 }, 12);
  assert.deepEqual(reader.position, { offset: 12, checksum: undefined });
  const make = new SegmentMaker(server, 10, 99);
  await server.saySegment(7, make.next(['a'], ['b', 'c'], ['d']));
  assert.deepEqual(got, ['12 c', '13 d']);
  assert.deepEqual(reader.position, { offset: 14, checksum: make.checksum });
});

test('Reader.position follows the loop, record by record, with the running checksum [P5]', async () => {
  const server = new ScriptedServer();
  const client = await server.connected();
  const reader = client.read('s');
  assert.equal(reader.position, undefined);
  const records = reader[Symbol.asyncIterator]();
  await server.virtual.advance(5);
  await server.say(subscribed(server, 0));
  assert.deepEqual(reader.position, { offset: 0, checksum: 0 });
  const make = new SegmentMaker(server);
  await server.saySegment(7, make.next(['a', 'b']));
  const [one, two] = [new SegmentMaker(server), make];
  one.next(['a']);
  await records.next();
  assert.deepEqual(reader.position, { offset: 1, checksum: one.checksum });
  await records.next();
  assert.deepEqual(reader.position, { offset: 2, checksum: two.checksum });
});

test('Reader.batches gives the records as they came', async () => {
  const server = new ScriptedServer();
  const client = await server.connected();
  const reader = client.read('s');
  const counts: number[] = [];
  const looped = (async () => {
    for await (const records of reader.batches()) counts.push(records.length);
  })();
  await server.virtual.advance(5);
  await server.say(subscribed(server, 0));
  const make = new SegmentMaker(server);
  await server.saySegment(7, make.next(['a', 'b'], ['c']));
  await server.saySegment(7, make.next(['d']));
  await server.say({ type: 'ended', sub: server.last('subscribe').sub, reason: 'closed', offset: 4 });
  await looped;
  assert.deepEqual(counts, [3, 1]);
  assert.equal(reader.ended, 'closed');
});

test('Reader tells the gaps that were stored, and those that the server tells, where the records would have been [P6] [F10]', async () => {
  const { server, reader, got } = await openedReader();
  const { sub } = server.last('subscribe');
  await server.say({ type: 'gap', sub, from: 0, to: 10, count: 10, reason: 'retention' });
  assert.deepEqual(reader.position, { offset: 10, checksum: undefined });
  const make = new SegmentMaker(server, 10, 5);
  await server.saySegment(7, make.next(['a']));
  const told = JSON.stringify({ from: 100, to: 120, count: 21, reason: 'spoolFull' });
  await server.saySegment(7, make.nextGap(told, 'nonsense', '{"from":-1}'));
  assert.deepEqual(got, [
    'gap 0…9 retention',
    '10 a',
    'gap 100…120 spoolFull',
    'gap 12…12 unreadable',
    'gap 13…13 unreadable',
  ]);
  assert.deepEqual(reader.position, { offset: 14, checksum: make.checksum });
});

test('Reader ends when the stream was read to its end, was deleted, or is caught up, if asked', async () => {
  for (const [say, options, expected] of [
    [{ type: 'ended', reason: 'closed' }, {}, 'closed'],
    [{ type: 'ended', reason: 'deleted' }, {}, 'deleted'],
    [{ type: 'caughtUp' }, { untilCaughtUp: true }, 'caughtUp'],
    [{ type: 'caughtUp' }, {}, undefined],
  ] as const) {
    const { server, reader, make, got, looped } = await openedReader(options);
    const { sub } = server.last('subscribe');
    await server.saySegment(7, make.next(['a']));
    assert.equal(reader.ended, undefined);
    await server.say({ ...say, sub, offset: 1 });
    assert.equal(reader.ended, expected);
    if (expected === undefined) reader.close();
    assert.equal(await looped, undefined);
    assert.deepEqual(got, ['0 a']);
    await server.virtual.advance(5);
    assert.equal(server.count('unsubscribe'), 1);
  }
});

test('Reader that is left has not ended by itself, though everything had come', async () => {
  const server = new ScriptedServer();
  const client = await server.connected();
  const reader = client.read('s');
  await server.virtual.advance(5);
  await server.say(subscribed(server, 0));
  await server.saySegment(7, new SegmentMaker(server).next(['a', 'b']));
  await server.say({ type: 'ended', sub: server.last('subscribe').sub, reason: 'closed', offset: 2 });
  for await (const { offset } of reader) if (offset === 0) break;
  assert.equal(reader.ended, 'stopped');
  assert.deepEqual(reader.position?.offset, 1);
});

test('Reader unsubscribes when the loop is left, once, and what still comes is dropped', async () => {
  const server = new ScriptedServer();
  const client = await server.connected();
  const reader = client.read('s');
  const looped = (async () => {
    for await (const record of reader) if (record.offset === 0) return;
  })();
  await server.virtual.advance(5);
  await server.say(subscribed(server, 0));
  const make = new SegmentMaker(server);
  await server.saySegment(7, make.next(['a', 'b']));
  await looped;
  await server.saySegment(7, make.next(['c']));
  reader.close();
  await server.virtual.advance(5);
  assert.equal(server.count('unsubscribe'), 1);
  assert.equal(server.count('hello'), 1);
  await server.farewell(client);
  assert.equal(server.virtual.pendingTimers, 0);
});

test('Reader stops at once when its signal aborts, also within what has come, and throws', async () => {
  const server = new ScriptedServer();
  const client = await server.connected();
  const controller = new AbortController();
  const reader = client.read('s', { signal: controller.signal });
  let count = 0;
  const looped = (async () => {
    for await (const _ of reader) if (++count === 2) controller.abort();
  })();
  const rejected = assert.rejects(looped, { code: 'aborted' });
  await server.virtual.advance(5);
  await server.say(subscribed(server, 0));
  const make = new SegmentMaker(server);
  await server.saySegment(7, make.next(['a', 'b', 'c']));
  await server.say({ type: 'ended', sub: server.last('subscribe').sub, reason: 'closed', offset: 3 });
  await rejected;
  assert.deepEqual([count, reader.ended], [2, 'stopped']);
  const late = client.read('s', { signal: controller.signal });
  await assert.rejects(late[Symbol.asyncIterator]().next(), { code: 'aborted' });
});

test('Reader throws what the server refuses for good', async () => {
  for (const code of ['notFound', 'gone', 'offsetOutOfRange', 'alreadySubscribed', 'incarnationMismatch']) {
    const server = new ScriptedServer();
    const client = await server.connected();
    const reader = client.read('s');
    const all = assert.rejects(reader[Symbol.asyncIterator]().next(), { code });
    const opening = assert.rejects(reader.opened, { code });
    await server.virtual.advance(5);
    await server.say({ type: 'error', sub: server.last('subscribe').sub, code, message: 'no' });
    await Promise.all([all, opening]);
    assert.equal(reader.ended, 'stopped');
  }
});

test('Reader.commit moves the cursor behind the record of the loop, also after the loop', async () => {
  const { server, reader, make, looped } = await openedReader({ cursor: 'c' });
  const { sub } = server.last('subscribe');
  await server.saySegment(7, make.next(['a', 'b']));
  const first = reader.commit();
  await server.virtual.advance(5);
  assert.deepEqual(server.last('commit'), { type: 'commit', sub, offset: 2 });
  await server.say({ type: 'committed', sub, offset: 2 });
  await first;
  reader.close();
  await looped;
  const late = assert.rejects(reader.commit(1), { code: 'cursorRegressed' });
  await server.virtual.advance(5);
  const { id, method, params, key } = server.last('call');
  assert.deepEqual(params, { stream: 's', cursor: 'c', offset: 1, incarnation: 'i1' });
  assert.deepEqual([method, key], ['cursors.move', undefined]);
  await server.say({ type: 'error', id, code: 'cursorRegressed', message: 'it is at 2' });
  await late;
  assert.deepEqual([server.count('subscribe'), server.count('unsubscribe')], [1, 1]);
});

test('Reader.commit without an answer when the loop ends goes by a call: the stream is free for another reader', async () => {
  const { server, client, reader, make, looped } = await openedReader({ cursor: 'c' });
  await server.saySegment(7, make.next(['a', 'b']));
  const { sub } = server.last('subscribe');
  const committing = reader.commit();
  reader.close();
  await looped;
  const other = client.read('s', { from: 'now' });
  await server.virtual.advance(5);
  assert.deepEqual(
    server.heard.slice(-4).map(({ type }) => type),
    ['commit', 'unsubscribe', 'call', 'subscribe'],
  );
  await server.say(subscribed(server, 2));
  await other.opened;
  await server.say({ type: 'committed', sub, offset: 2 });
  await server.say({ type: 'error', id: server.last('call').id, code: 'busy', message: 'later' });
  server.network.cut();
  await server.virtual.advance(500);
  assert.equal(server.count('call'), 2);
  await server.say({ type: 'result', id: server.last('call').id, value: { incarnation: 'i1', offset: 2 } });
  await committing;
  assert.equal(server.count('call'), 2);
});

test('Reader.commit after the loop is given up with the client, also while it waits to be asked again', async () => {
  const { server, client, reader, make, looped } = await openedReader({ cursor: 'c' });
  await server.saySegment(7, make.next(['a']));
  reader.close();
  await looped;
  const committing = assert.rejects(reader.commit(), { code: 'aborted' });
  await server.virtual.advance(5);
  const { id } = server.last('call');
  await server.say({ type: 'error', id, code: 'diskFull', message: 'later', retryAfterMs: 60_000 });
  await server.farewell(client);
  await committing;
  await assert.rejects(reader.commit(), { code: 'aborted' });
  assert.equal(server.virtual.pendingTimers, 0);
});

test('Reader.commit is refused without a cursor, before anything was read, for no offset, and past what came', async () => {
  const without = await openedReader();
  await assert.rejects(without.reader.commit(), { code: 'badRequest' });
  const early = without.client.read('t', { cursor: 'c' });
  await assert.rejects(early.commit(), { code: 'badRequest' });
  const { server, reader } = await openedReader({ cursor: 'c' });
  for (const offset of [-1, 0.5, Number.NaN, 2 ** 53]) {
    await assert.rejects(reader.commit(offset), { code: 'badRequest' });
  }
  await assert.rejects(reader.commit(5), { code: 'cursorAhead' });
  assert.equal(server.count('commit'), 0);
  const refused = assert.rejects(reader.commit(0), { code: 'cursorRegressed' });
  await server.virtual.advance(5);
  await server.say({ type: 'error', sub: server.last('commit').sub, code: 'cursorRegressed', message: 'no' });
  await refused;
  assert.equal(server.count('hello'), 1);
});

test('Reader.commit is asked again after a cut, and when the server could not do it now', async () => {
  const { server, reader, make, got } = await openedReader({ cursor: 'c' });
  await server.saySegment(7, make.next(['a']));
  const committing = reader.commit();
  await server.virtual.advance(5);
  await server.say({ type: 'error', sub: server.last('commit').sub, code: 'busy', message: 'later' });
  await server.virtual.advance(500);
  assert.deepEqual([server.count('subscribe'), server.count('commit')], [2, 1]);
  server.network.cut();
  await server.virtual.advance(500);
  await server.say(subscribed(server, 1));
  assert.equal(server.last('commit').offset, 1);
  await server.say({ type: 'committed', sub: server.last('commit').sub, offset: 1 });
  await committing;
  await server.saySegment(7, make.next(['b']));
  assert.deepEqual(got, ['0 a', '1 b']);
});
