import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testApi } from '../../testing/test_api.ts';
import { TestClient } from '../../testing/test_client.ts';

test('api: the life of a stream: created once, found, listed, trimmed, closed, deleted, gone', async () => {
  await using api = await testApi();
  const path = '/v1/streams/sensors%2Fpaul';
  const created = await api.ask('PUT', path, { contentType: 'text/plain', bytesMax: 5_000 });
  assert.equal(created.status, 201);
  assert.equal(created.headers.get('cache-control'), 'no-store');
  const again = await api.ask('PUT', path);
  assert.deepEqual([again.status, again.json['kind']], [200, 'exists']);
  const { json: info } = await api.ask('GET', path);
  assert.equal(info['stream'], 'sensors/paul');
  assert.match(String(info['createdNs']), /^\d{19}$/);
  assert.deepEqual(info, again.json['info']);
  assert.deepEqual((await api.ask('GET', '/v1/streams?prefix=sensors%2F')).json, { streams: [info] });
  assert.equal((await api.ask('POST', `${path}/trim`, { before: 0 })).status, 200);
  assert.equal((await api.ask('POST', `${path}/close`)).json['closed'], true);
  assert.equal((await api.ask('DELETE', path)).status, 200);
  const gone = await api.ask('GET', path);
  assert.deepEqual([gone.status, gone.json['code']], [410, 'gone']);
  assert.deepEqual((await api.ask('GET', '/v1/streams')).json, { streams: [] });
});

test('api: what the session, the stream door and the API say of a stream is one', async () => {
  await using api = await testApi();
  const { url } = api.bench.server;
  const text = { 'Content-Type': 'text/plain' };
  await fetch(`${url}/v1/stream/a/b`, { method: 'PUT', headers: text });
  const { headers } = await fetch(`${url}/v1/stream/a/b`, { method: 'POST', headers: text, body: 'hello' });
  const { json } = await api.ask('GET', '/v1/streams/a%2Fb');
  assert.equal(json['tail'], 1);
  await using client = await TestClient.connect(url);
  client.say({ type: 'call', id: 1, method: 'streams.info', params: { stream: 'a/b' } });
  assert.deepEqual((await client.next('result')).value, json);
  const receipt = new Map(
    Array.from(headers.get('stream-receipt')?.matchAll(/(\w+)="?([^",]*)/g) ?? [], ([, name, value = '']) => [
      name,
      value,
    ]),
  );
  const proof = {
    storeId: receipt.get('store'),
    incarnation: receipt.get('incarnation'),
    offset: Number(receipt.get('offset')),
    checksum: Number.parseInt(receipt.get('checksum') ?? '', 16),
    durability: receipt.get('durability'),
    mac: receipt.get('mac'),
  };
  assert.deepEqual((await api.ask('POST', '/v1/streams/a%2Fb/witness', proof)).json, { verdict: 'consistent' });
  const forged = { ...proof, offset: 9 };
  assert.deepEqual((await api.ask('POST', '/v1/streams/a%2Fb/witness', forged)).json, { verdict: 'wrongStore' });
});

test('api: cursors are moved forth, listed in pages and forgotten', async () => {
  await using api = await testApi();
  await api.ask('PUT', '/v1/streams/s');
  for (const cursor of ['a', 'b%2Fc', 'd']) {
    assert.equal((await api.ask('PUT', `/v1/streams/s/cursors/${cursor}`, { offset: 0 })).status, 200);
  }
  const first = await api.ask('GET', '/v1/streams/s/cursors?limit=2');
  assert.deepEqual([first.json['next'], (first.json['cursors'] as object[]).length], ['b/c', 2]);
  const rest = await api.ask('GET', '/v1/streams/s/cursors?limit=2&after=b%2Fc');
  assert.deepEqual(
    (rest.json['cursors'] as { cursor: string }[]).map(({ cursor }) => cursor),
    ['d'],
  );
  assert.equal(rest.json['next'], undefined);
  assert.equal((await api.ask('PUT', '/v1/streams/s/cursors/a', { offset: 1 })).json['code'], 'cursorAhead');
  assert.equal((await api.ask('DELETE', '/v1/streams/s/cursors/a')).status, 200);
  assert.equal((await api.ask('GET', '/v1/streams/s/cursors/a')).status, 404);
});

test('api: HEAD is GET without its body; a wrong verb is told which would do', async () => {
  await using api = await testApi();
  await api.ask('PUT', '/v1/streams/s');
  const head = await api.ask('HEAD', '/v1/streams/s');
  assert.deepEqual([head.status, head.json, head.headers.get('content-type')], [200, {}, 'application/json']);
  assert.equal((await api.ask('HEAD', '/v1/streams/none')).status, 404);
  for (const [path, allow] of [
    ['/v1/streams', 'GET, HEAD, OPTIONS'],
    ['/v1/streams/s', 'GET, HEAD, PUT, DELETE, OPTIONS'],
    ['/v1/streams/s/close', 'POST, OPTIONS'],
  ] as const) {
    const wrong = await api.ask('PATCH', path);
    assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, allow]);
  }
});

test('api: a stream is one segment; what is no route is nowhere', async () => {
  await using api = await testApi();
  await api.ask('PUT', '/v1/streams/a%2Fb');
  for (const path of [
    '/v1/streams/a/b',
    '/v1/streams/',
    '/v1/streams/a%2Fb/',
    '/v1/',
    '/v1',
    '/v2/streams',
    '/v1/store/x',
  ]) {
    assert.equal((await api.ask('GET', path)).json['code'], 'unknownPath', path);
  }
  assert.equal((await api.ask('GET', '/v1/streams/a%2Fb')).status, 200);
  assert.equal((await api.ask('GET', '/v1/streams/a%252Fb')).status, 404);
});

test('api: names that objects inherit are ordinary ones, and never meet [H6]', async () => {
  await using api = await testApi();
  for (const stream of ['__proto__', 'constructor', 'toString', 'a%25b', '%F0%9F%9A%A2', 'a+b', 'a%20b']) {
    assert.equal((await api.ask('PUT', `/v1/streams/${stream}`)).status, 201, stream);
    const { json } = await api.ask('GET', `/v1/streams/${stream}`);
    assert.equal(json['stream'], decodeURIComponent(stream));
  }
});

test('api: Idempotency-Key: one effect and one answer, for the refused too; another request with it is refused', async () => {
  await using api = await testApi();
  const key = { 'Idempotency-Key': '"8e03978e"' };
  const put = (body: object, headers: object) => api.ask('PUT', '/v1/streams/s', body, headers);
  const first = await put({ contentType: 'text/plain', ttlMs: 90_000 }, key);
  const again = await put({ ttlMs: 90_000, contentType: 'text/plain' }, { 'Idempotency-Key': '8e03978e' });
  assert.deepEqual([first.status, again.status], [201, 201]);
  assert.deepEqual(again.json, first.json);
  const other = await put({ contentType: 'text/plain' }, key);
  assert.deepEqual([other.status, other.json['code']], [422, 'keyReused']);
  const close = { 'Idempotency-Key': 'close' };
  assert.equal((await api.ask('POST', '/v1/streams/t/close', undefined, close)).status, 404);
  await api.ask('PUT', '/v1/streams/t');
  const refusedAgain = await api.ask('POST', '/v1/streams/t/close', undefined, close);
  assert.deepEqual([refusedAgain.status, refusedAgain.json['code']], [404, 'notFound']);
  assert.equal((await api.ask('PUT', '/v1/streams/u', {}, { 'Idempotency-Key': 'a b' })).status, 400);
  // A request that is malformed was never worked on: it does not use up its key.
  assert.equal((await api.ask('PUT', '/v1/streams/u', { x: 1 }, { 'Idempotency-Key': 'u' })).status, 400);
  assert.equal((await api.ask('PUT', '/v1/streams/u', {}, { 'Idempotency-Key': 'u' })).status, 201);
});

test('api: Idempotency-Key: at once on fifty connections: created once, the others wait or get the same answer', async () => {
  await using api = await testApi();
  const headers = { 'Idempotency-Key': 'k' };
  const answers = await Promise.all(Array.from({ length: 50 }, () => api.ask('PUT', '/v1/streams/s', {}, headers)));
  for (const { status, headers: fields, json } of answers) {
    if (status === 201) assert.equal(json['kind'], 'created');
    else assert.deepEqual([status, json['code'], fields.get('retry-after')], [409, 'keyInUse', '1']);
  }
  assert.equal((await api.ask('PUT', '/v1/streams/s', {}, headers)).status, 201);
});
