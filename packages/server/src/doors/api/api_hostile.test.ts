import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import fc from 'fast-check';
import { startServer } from '../../start_server.ts';
import { RawSocket } from '../../testing/raw_socket.ts';
import { testApi } from '../../testing/test_api.ts';

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
    await using api = await testApi();
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
    await using api = await testApi();
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
  await using api = await testApi();
  using socket = await RawSocket.connect(api.bench.server.port);
  socket.write(expecting(2));
  assert.match((await socket.until((bytes) => bytes.includes('\r\n\r\n'))).toString(), /^HTTP\/1\.1 100 /);
  socket.write('{}');
  assert.match(await socket.toEnd(), /\r\nHTTP\/1\.1 201 /);
  using large = await RawSocket.connect(api.bench.server.port);
  large.write(expecting(1_000_000_000));
  assert.match(await large.toEnd(), /^HTTP\/1\.1 413 /);
});

test('api: whatever is asked, the answer is JSON from the errors table or a result, and no defect is met', async () => {
  await using api = await testApi({ apiRequestsPerWindowMax: Infinity });
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
  await using api = await testApi();
  api.bench.store.log.info = () => Promise.reject(new TypeError('secret detail'));
  const { status, json } = await api.ask('GET', '/v1/streams/s');
  assert.deepEqual([status, json['code']], [500, 'internal']);
  assert.doesNotMatch(JSON.stringify(json), /secret/);
  assert.deepEqual(api.bench.logged, ['error a defect was met']);
  assert.equal((await api.ask('GET', '/v1/store')).status, 200);
});
