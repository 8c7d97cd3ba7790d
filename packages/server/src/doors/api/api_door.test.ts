import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import fc from 'fast-check';
import { startServer } from '../../start_server.ts';
import { RawSocket } from '../../testing/raw_socket.ts';
import { TestClient } from '../../testing/test_client.ts';
import { testServer } from '../../testing/test_server.ts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Readonly<Record<string, unknown>>;
}

/** A server, and requests to its JSON API. */
async function serving(limits: Parameters<typeof testServer>[0] = {}) {
  const bench = await testServer(limits);
  const ask = async (method: string, path: string, body?: unknown, headers: object = {}): Promise<Answer> => {
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const response = await fetch(bench.server.url + path, { method, headers: { ...type, ...headers }, ...text });
    const { status } = response;
    const answer = await response.text();
    return { status, headers: response.headers, json: answer === '' ? {} : JSON.parse(answer) };
  };
  const { port } = bench.server;
  /** The status of an answer to a request that no library would send. */
  const raw = async (target: string, method = 'GET', headers = '', body = '') => {
    using socket = await RawSocket.connect(port);
    socket.write(`${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n${body}`);
    const answer = await socket.toEnd();
    assert.match(answer, /\r\ncontent-type: application\/problem\+json\r\n/i);
    return Number(answer.slice(9, 12));
  };
  return { bench, ask, raw, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

test('api: the life of a stream: created once, found, listed, trimmed, closed, deleted, gone', async () => {
  await using api = await serving();
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
  await using api = await serving();
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
  await using api = await serving();
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
  await using api = await serving();
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
  await using api = await serving();
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
    assert.equal((await api.ask('GET', path)).json['code'], 'notFound', path);
  }
  assert.equal((await api.ask('GET', '/v1/streams/a%2Fb')).status, 200);
  assert.equal((await api.ask('GET', '/v1/streams/a%252Fb')).status, 404);
});

test('api: names that objects inherit are ordinary ones, and never meet [H6]', async () => {
  await using api = await serving();
  for (const stream of ['__proto__', 'constructor', 'toString', 'a%25b', '%F0%9F%9A%A2', 'a+b', 'a%20b']) {
    assert.equal((await api.ask('PUT', `/v1/streams/${stream}`)).status, 201, stream);
    const { json } = await api.ask('GET', `/v1/streams/${stream}`);
    assert.equal(json['stream'], decodeURIComponent(stream));
  }
});

for (const target of [
  '/v1/streams/..%2f..%2fetc',
  '/v1/streams/%00',
  '/v1/streams/%c0%ae',
  '/v1/streams/%',
  '/v1/streams/%zz',
  '/v1/streams/a%2f',
  '/v1/streams/.',
  '/v1/streams/%2e%2e',
  '/v1/streams/x/cursors/%2e%2e',
  '/v1/streams/x/cursors/%ff',
  '/v1/streams/a\\b',
  '/v1/streams/a#b',
  `/v1/streams/${'x'.repeat(4_096)}`,
  '/v1/streams/s?x=%ff',
  '/v1/streams?limit=0',
  '/v1/streams?limit=-1',
  '/v1/streams?limit=1e3',
  '/v1/streams?limit=9007199254740993',
  '/v1/streams?limit=1&limit=2',
  '/v1/streams?admin=true',
  '/v1/streams?__proto__=1',
]) {
  test(`api: ${target.slice(0, 60)}: 400, others go on [H6] [H7]`, async () => {
    await using api = await serving();
    assert.equal(await api.raw(target), 400);
    await api.bench.alive();
  });
}

for (const [name, expected, headers, body] of [
  ['10 GB announced', 413, 'Content-Length: 10000000000\r\n', ''],
  ['chunks without end', 413, 'Transfer-Encoding: chunked\r\n', `10000\r\n${'x'.repeat(0x1_00_00)}\r\n`.repeat(2)],
  ['two lengths', 400, 'Content-Length: 2\r\nContent-Length: 3\r\n', '{}'],
  ['length beside chunked', 400, 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '2\r\n{}\r\n0\r\n\r\n'],
  ['a compressed body', 415, 'Content-Encoding: gzip\r\nContent-Length: 2\r\n', '{}'],
  ['a form', 415, 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n', 'a=b'],
  ['a foreign origin', 403, 'Origin: https://evil.example\r\n', ''],
  ['101 fields', 431, 'X: 1\r\n'.repeat(100), ''],
] as const) {
  test(`api: ${name}: ${expected}, nothing is done, others go on [H1] [H3] [H4] [H5] [H13]`, async () => {
    await using api = await serving();
    assert.equal(await api.raw('/v1/streams/s', 'PUT', headers, body), expected);
    assert.equal(api.bench.store.health().streams, 0);
    await api.bench.alive();
  });
}

function expecting(length: number): string {
  return (
    `PUT /v1/streams/s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${length}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`
  );
}

test('api: Expect: 100-continue is answered before the body comes, and refused before a large one does', async () => {
  await using api = await serving();
  using socket = await RawSocket.connect(api.bench.server.port);
  socket.write(expecting(2));
  assert.match((await socket.until((bytes) => bytes.includes('\r\n\r\n'))).toString(), /^HTTP\/1\.1 100 /);
  socket.write('{}');
  assert.match(await socket.toEnd(), /\r\nHTTP\/1\.1 201 /);
  using large = await RawSocket.connect(api.bench.server.port);
  large.write(expecting(1_000_000_000));
  assert.match(await large.toEnd(), /^HTTP\/1\.1 413 /);
});

test('api: Idempotency-Key: one effect and one answer, for the refused too; another request with it is refused', async () => {
  await using api = await serving();
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
  await using api = await serving();
  const headers = { 'Idempotency-Key': 'k' };
  const answers = await Promise.all(Array.from({ length: 50 }, () => api.ask('PUT', '/v1/streams/s', {}, headers)));
  for (const { status, headers: fields, json } of answers) {
    if (status === 201) assert.equal(json['kind'], 'created');
    else assert.deepEqual([status, json['code'], fields.get('retry-after')], [409, 'keyInUse', '1']);
  }
  assert.equal((await api.ask('PUT', '/v1/streams/s', {}, headers)).status, 201);
});

test('api: whatever is asked, the answer is JSON from the errors table or a result, and no defect is met', async () => {
  await using api = await serving({ apiRequestsPerWindowMax: Infinity });
  const { url } = api.bench.server;
  const segment = fc.oneof(
    fc.constantFrom('streams', 's', 'cursors', 'close', 'trim', 'witness', 'store', '__proto__', '..%2f', '%00', '%'),
    fc.string({ maxLength: 8 }).map((text) => text.replaceAll(/[^!-~]|[?#\\/]/g, '_')),
  );
  const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => `/v1/${parts.join('/')}`);
  const query = fc.option(fc.webQueryParameters(), { nil: '' });
  const body = fc.oneof(fc.json(), fc.string(), fc.constant('{"before":1}'), fc.constant('{"offset":1e99}'));
  const verb = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD');
  await fc.assert(
    fc.asyncProperty(verb, path, query, body, async (method, where, search, text) => {
      const bodied = method !== 'GET' && method !== 'HEAD';
      const response = await fetch(`${url}${where}?${search}`, {
        method,
        headers: { 'Content-Type': 'application/json' },
        ...(bodied && { body: text }),
      });
      assert.ok(response.status < 500, `${response.status} ${method} ${where}`);
      if (method === 'HEAD') return;
      assert.match(response.headers.get('content-type') ?? '', /^application\/(?:problem\+)?json$/);
      await response.json();
    }),
    { numRuns: 500 },
  );
  assert.deepEqual(api.bench.logged, []);
  await api.bench.alive();
});

test('api: a Host that is none, where any name may lead here: 400 [H12]', async () => {
  const store = new MemoryStore({ world: nodeWorld });
  const server = await startServer({ store, world: nodeWorld, host: '0.0.0.0', insecure: true, port: 0 });
  for (const host of ['a/b', 'a b', 'a?b', '@', ':', 'a:x']) {
    using socket = await RawSocket.connect(server.port);
    socket.write(`GET /v1/streams HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    assert.match(await socket.toEnd(), /^HTTP\/1\.1 400 /, host);
  }
  await server.stop();
});

test('api: a defect is told to nobody but the log, and the connection goes on', async () => {
  await using api = await serving();
  api.bench.store.log.info = () => Promise.reject(new TypeError('secret detail'));
  const { status, json } = await api.ask('GET', '/v1/streams/s');
  assert.deepEqual([status, json['code']], [500, 'internal']);
  assert.doesNotMatch(JSON.stringify(json), /secret/);
  assert.deepEqual(api.bench.logged, ['error a defect was met']);
  assert.equal((await api.ask('GET', '/v1/store')).status, 200);
});
