import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedTexts } from '../../testing/stored_texts.ts';
import { streamRequest } from '../../testing/stream_request.ts';
import { testBroker } from '../../testing/test_broker.ts';
import { append } from './append.ts';
import { create } from './create.ts';
import { remove } from './remove.ts';
import type { StreamAnswer } from './stream_request.ts';

type Headers = Readonly<Record<string, string>>;

function bench() {
  const { broker, store } = testBroker();
  const put = (stream: string, headers: Headers = {}, body: string | Uint8Array = '') =>
    create(broker, streamRequest(stream, { headers, body }));
  const recordsOf = (stream: string) => storedTexts(store, stream);
  return { broker, store, put, recordsOf };
}

const next = (answer: StreamAnswer) => answer.headers['Stream-Next-Offset'] ?? '';

test('stream door: PUT: creates with a type, says where it is and where it ends', async () => {
  const { put } = bench();
  const { status, headers } = await put('s', { 'Content-Type': 'text/plain' });
  assert.equal(status, 201);
  assert.equal(headers['Content-Type'], 'text/plain');
  assert.equal(headers['Location'], 'http://localhost:8000/v1/stream/s');
  assert.match(headers['Stream-Next-Offset'] ?? '', /^[0-9a-f]{16}_0{16}$/);
  assert.equal(headers['Stream-Closed'], undefined);
});

test('stream door: PUT: without a type: application/octet-stream, and a malformed one is refused', async () => {
  const { put } = bench();
  assert.equal((await put('s')).headers['Content-Type'], 'application/octet-stream');
  for (const type of ['', 'text', 'text/plain, text/html', `a/${'b'.repeat(64)}`]) {
    await assert.rejects(put('t', { 'Content-Type': type }), { code: 'badRequest' });
  }
});

test('stream door: PUT: the body is the first record, in the same commit', async () => {
  const { put, recordsOf, store } = bench();
  const answer = await put('s', { 'Content-Type': 'text/plain' }, 'first');
  assert.match(next(answer), /_0{15}1$/);
  assert.deepEqual(await recordsOf('s'), ['first']);
  assert.equal(store.health().commits, 1);
});

test('stream door: PUT: a JSON body is flattened by one level, each element keeps its bytes', async () => {
  const { put, recordsOf } = bench();
  await put('s', { 'Content-Type': 'Application/JSON; charset=utf-8' }, ' [1.0, {"a" : 1}, [2,3]] ');
  assert.deepEqual(await recordsOf('s'), ['1.0', '{"a" : 1}', '[2,3]']);
  assert.equal((await put('empty', { 'Content-Type': 'application/json' }, '[]')).status, 201);
  assert.deepEqual(await recordsOf('empty'), []);
  await assert.rejects(put('bad', { 'Content-Type': 'application/json' }, '{ no }'), { code: 'badJson' });
  await assert.rejects(bench().put('bad', { 'Content-Type': 'application/json' }, '\ufeff[]'), { code: 'badJson' });
});

test('stream door: PUT with Stream-Closed: the body is all that the stream ever holds', async () => {
  const { put, recordsOf, store } = bench();
  const closed = { 'Content-Type': 'text/plain', 'Stream-Closed': 'TRUE' };
  const full = await put('s', closed, 'all');
  assert.equal(full.status, 201);
  assert.equal(full.headers['Stream-Closed'], 'true');
  assert.deepEqual(await recordsOf('s'), ['all']);
  const empty = await put('e', closed);
  assert.equal(empty.headers['Stream-Closed'], 'true');
  const info = await store.log.info('e');
  assert(typeof info === 'object' && info.closed && info.tail === 0);
  for (const value of ['false', 'yes', '1', '']) {
    const open = await put(`open${value}`, { 'Stream-Closed': value });
    assert.equal(open.headers['Stream-Closed'], undefined, 'any other value counts as absence (section 4.1)');
  }
});

test('stream door: PUT again: 200 when it is as wished, whatever the body is now, else exists', async () => {
  const { put, recordsOf } = bench();
  const wish = { 'Content-Type': 'text/plain', 'Stream-TTL': '60' };
  const first = await put('s', wish, 'first');
  const again = await put('s', { 'Content-Type': 'TEXT/plain;charset=utf-8', 'Stream-TTL': '60' }, 'second');
  assert.equal(again.status, 200);
  assert.equal(again.headers['Location'], undefined);
  assert.equal(again.headers['Content-Type'], 'text/plain');
  assert.equal(next(again), next(first));
  assert.deepEqual(await recordsOf('s'), ['first']);
  for (const other of [
    { ...wish, 'Content-Type': 'text/html' },
    { 'Stream-TTL': '60' },
    { ...wish, 'Stream-TTL': '61' },
    { 'Content-Type': 'text/plain' },
    { 'Content-Type': 'text/plain', 'Stream-Expires-At': '2124-01-01T00:00:00Z' },
    { ...wish, 'Stream-Closed': 'true' },
    { ...wish, 'Stream-Forked-From': '/v1/stream/s' },
  ]) {
    await assert.rejects(put('s', other), { code: 'exists' }, JSON.stringify(other));
  }
});

test('stream door: PUT again: a moment is compared as a moment, not as its text', async () => {
  const { put } = bench();
  await put('s', { 'Stream-Expires-At': '2124-01-01T00:00:00Z' });
  assert.equal((await put('s', { 'Stream-Expires-At': '2124-01-01T01:00:00.000+01:00' })).status, 200);
  await assert.rejects(put('s', { 'Stream-Expires-At': '2124-01-01T01:00:00Z' }), { code: 'exists' });
});

test('stream door: PUT of a fork: begins with what the source holds, at its tail, or at an offset', async () => {
  const { put, recordsOf, broker } = bench();
  const source = await put('s', { 'Content-Type': 'text/plain' }, 'one');
  await append(broker, streamRequest('s', { headers: { 'Content-Type': 'text/plain' }, body: 'two' }));
  const from = { 'Stream-Forked-From': '/v1/stream/s' };
  assert.equal((await put('f', from, 'three')).headers['Content-Type'], 'text/plain');
  assert.deepEqual(await recordsOf('f'), ['one', 'two', 'three']);
  await put('g', { ...from, 'Stream-Fork-Offset': next(source) });
  assert.deepEqual(await recordsOf('g'), ['one']);
  await put('h', { ...from, 'Stream-Fork-Offset': '-1', 'Stream-Fork-Sub-Offset': '2', 'Stream-Closed': 'true' });
  assert.deepEqual(await recordsOf('h'), ['on']);
});

test('stream door: PUT of a fork: without a type of its own the body is read as the source’s', async () => {
  const { put, recordsOf } = bench();
  await put('s', { 'Content-Type': 'application/json' }, '[1]');
  await put('f', { 'Stream-Forked-From': '/v1/stream/s' }, '[2, 3]');
  assert.deepEqual(await recordsOf('f'), ['1', '2', '3']);
  await assert.rejects(put('g', { 'Stream-Forked-From': '/v1/stream/s' }, 'x'), { code: 'badJson' });
});

test('stream door: PUT of a fork again: 200 also when the source has grown or gone, else exists', async () => {
  const { put, broker } = bench();
  const wish = { 'Stream-Forked-From': '/v1/stream/%73', 'Stream-Fork-Sub-Offset': '0' };
  const source = await put('s', { 'Stream-TTL': '60' }, 'one');
  await put('f', wish);
  await append(broker, streamRequest('s', { headers: { 'Content-Type': 'application/octet-stream' }, body: 'two' }));
  assert.equal((await put('f', wish)).status, 200);
  await remove(broker, streamRequest('s'));
  assert.equal((await put('f', { ...wish, 'Stream-Fork-Offset': next(source) })).status, 200);
  assert.equal((await put('f', { ...wish, 'Stream-TTL': '60' })).status, 200, 'it has the source’s');
  for (const other of [
    { ...wish, 'Stream-Fork-Offset': '-1' },
    { ...wish, 'Stream-Fork-Sub-Offset': '1' },
    { 'Stream-Forked-From': '/v1/stream/t' },
    { 'Stream-TTL': '60' },
  ]) {
    await assert.rejects(put('f', other), { code: 'exists' }, JSON.stringify(other));
  }
});

test('stream door: PUT of a fork: what cannot be forked is refused by name, and nothing is created', async () => {
  const { put, broker, store } = bench();
  await put('s', { 'Content-Type': 'text/plain' }, 'one');
  await put('other', {}, 'one');
  const from = { 'Stream-Forked-From': '/v1/stream/s' };
  const other = next(await put('other'));
  for (const [headers, code] of [
    [{ 'Stream-Forked-From': '/v1/stream/missing' }, 'forkSourceNotFound'],
    [{ 'Stream-Forked-From': '/v1/stream/__ds/x' }, 'notFound'],
    [{ 'Stream-Forked-From': '/v2/s' }, 'notFound'],
    [{ 'Stream-Forked-From': '/v1/stream/..%2fs' }, 'badName'],
    [{ ...from, 'Stream-Fork-Offset': other }, 'badRequest'],
    [{ ...from, 'Stream-Fork-Offset': '' }, 'badRequest'],
    [{ ...from, 'Stream-Fork-Sub-Offset': '1' }, 'forkOffsetInvalid'],
    [{ ...from, 'Stream-Fork-Offset': '-1', 'Stream-Fork-Sub-Offset': '4' }, 'forkOffsetInvalid'],
    [{ ...from, 'Stream-Fork-Sub-Offset': '+1' }, 'badRequest'],
    [{ ...from, 'Stream-Fork-Sub-Offset': '' }, 'badRequest'],
    [{ 'Stream-Fork-Sub-Offset': '0' }, 'badRequest'],
    [{ 'Stream-Fork-Offset': '-1' }, 'badRequest'],
    [{ ...from, 'Content-Type': 'text/html' }, 'contentTypeMismatch'],
  ] as const) {
    await assert.rejects(put('f', headers), { code }, JSON.stringify(headers));
  }
  await put('f', from);
  await remove(broker, streamRequest('s'));
  await assert.rejects(put('g', from), { code: 'forkSourceDeleted' });
  await assert.rejects(put('s', { 'Content-Type': 'text/plain' }), { code: 'exists' }, 'its name is not free');
  assert.equal(await store.log.info('g'), 'notFound');
});

test('stream door: PUT of a name that was deleted: a new stream, of a new lineage', async () => {
  const { put, broker, recordsOf } = bench();
  const before = await put('s', {}, 'old');
  await remove(broker, streamRequest('s'));
  const after = await put('s', {}, 'new');
  assert.equal(after.status, 201);
  assert.notEqual(next(after).slice(0, 16), next(before).slice(0, 16));
  assert.deepEqual(await recordsOf('s'), ['new']);
});

test('stream door: PUT while the server stops: refused, nothing created', async () => {
  const { put, broker, store } = bench();
  const stopping = broker.stop();
  await assert.rejects(put('s'), { code: 'stopping' });
  assert.equal(await store.log.info('s'), 'notFound');
  void stopping;
});
