import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawSocket } from '../../testing/raw_socket.ts';
import { storedTexts } from '../../testing/stored_texts.ts';
import { type TestServer, testServer } from '../../testing/test_server.ts';

type Headers = Readonly<Record<string, string>>;

const text = { 'Content-Type': 'text/plain' };

/** A server with an open stream `s`, and how to ask for it. */
async function bench(overrides: Parameters<typeof testServer>[0] = {}) {
  const server = await testServer(overrides);
  const ask = (method: string, headers: Headers = {}, body?: string | Uint8Array<ArrayBuffer>, path = 's') =>
    fetch(`${server.server.url}/v1/stream/${path}`, { method, headers, ...(body !== undefined && { body }) });
  await ask('PUT', text);
  return { ...server, ask };
}

/** What a raw request is answered, until the server closes. */
async function raw({ server }: Pick<TestServer, 'server'>, head: string, body = ''): Promise<string> {
  using socket = await RawSocket.connect(server.port);
  socket.write(`${head}Host: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  return await socket.toEnd();
}

const status = (answer: string) => Number(answer.slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3));

test('stream door: a stream from its creation to its end, over one kept connection', async () => {
  await using server = await bench();
  const { ask } = server;
  const posted = await ask('POST', text, 'hello');
  assert.equal(posted.status, 204);
  const next = posted.headers.get('stream-next-offset');
  const head = await ask('HEAD');
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('stream-next-offset'), next);
  assert.equal(head.headers.get('content-type'), 'text/plain');
  assert.equal(await head.text(), '');
  assert.equal(await (await ask('GET')).text(), 'hello');
  assert.equal((await ask('DELETE')).status, 204);
  for (const method of ['GET', 'HEAD', 'DELETE']) assert.equal((await ask(method)).status, 404, method);
  assert.equal((await ask('POST', text, 'x')).status, 404, 'deleted is not found on this door (section 5.4)');
});

test('stream door: every answer has its security headers and a request id, refusals too', async () => {
  await using server = await bench();
  const { ask } = server;
  for (const [method, headers, body] of [
    ['PUT', text, undefined],
    ['POST', text, 'x'],
    ['POST', text, ''],
    ['GET', {}, undefined],
    ['HEAD', {}, undefined],
    ['DELETE', {}, undefined],
    ['DELETE', {}, undefined],
    ['PATCH', {}, undefined],
  ] as const) {
    const answer = await ask(method, headers, body);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', method);
    assert.match(answer.headers.get('x-request-id') ?? '', /^[0-9a-f]{16}$/);
    if (method !== 'PATCH') assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin', method);
    if (method !== 'PATCH') assert.equal(answer.headers.get('content-security-policy'), 'sandbox', method);
  }
});

test('stream door: Location is an absolute URL, with the path as it was sent', async () => {
  await using server = await bench();
  const created = await server.ask('PUT', text, undefined, 'a%20b/c');
  assert.equal(created.headers.get('location'), `${server.server.url}/v1/stream/a%20b/c`);
  assert.equal(typeof (await server.store.log.info('a b/c')), 'object');
});

test('stream door: a refusal is problem+json, with the protocol’s own fields beside it', async () => {
  await using server = await bench();
  const { ask } = server;
  await ask('POST', { 'Stream-Closed': 'true' });
  const refused = await ask('POST', { ...text, 'X-Request-Id': 'r-1' }, 'late');
  assert.equal(refused.status, 409);
  assert.equal(refused.headers.get('stream-closed'), 'true');
  assert.match(refused.headers.get('stream-next-offset') ?? '', /^[0-9a-f]{16}_\d{16}$/);
  assert.equal(refused.headers.get('content-type'), 'application/problem+json');
  const problem = (await refused.json()) as Record<string, unknown>;
  assert.equal(problem['code'], 'closed');
  assert.equal(problem['instance'], 'urn:packetboat:request:r-1');
  assert.equal(await server.metric('packetboat_refusals_total{code="closed"}'), 1);
});

test('stream door: a method that is not of the protocol: 405 with Allow', async () => {
  await using server = await bench();
  const answer = await server.ask('PATCH', text, 'x');
  assert.equal(answer.status, 405);
  for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']) {
    assert.match(answer.headers.get('allow') ?? '', new RegExp(`\\b${method}\\b`));
  }
});

test('stream door: names that are none: 400 and nothing is made; __proto__ is a name like others [H6]', async () => {
  await using server = await bench();
  for (const name of ['..%2f..%2fetc', '%00', '%c0%ae', '.', '..', 'a//b', '%', 'a'.repeat(4_096)]) {
    const answer = await raw(server, `PUT /v1/stream/${name} HTTP/1.1\r\n`);
    assert.equal(status(answer), 400, name);
    assert.match(answer, /"code":"badName"/);
  }
  for (const name of ['__proto__', 'constructor']) {
    assert.equal((await server.ask('PUT', text, name, name)).status, 201);
    assert.equal(await (await server.ask('GET', {}, undefined, name)).text(), name);
  }
  assert.equal(server.store.health().streams, 3);
  await server.alive();
});

test('stream door: fields that were sent twice: 400, nothing stored [H8]', async () => {
  await using server = await bench();
  const producer = 'Producer-Id: p\r\nProducer-Epoch: 0\r\nProducer-Seq: 0\r\n';
  for (const twice of [
    `${producer}Producer-Seq: 0\r\n`,
    `${producer}Producer-Seq: 1\r\n`,
    `${producer}Producer-Id: p\r\n`,
    'Stream-Seq: a\r\nStream-Seq: b\r\n',
    'Stream-Closed: false\r\nStream-Closed: true\r\n',
    'Content-Type: text/plain\r\n',
    'Stream-Expected-Offset: -1\r\nStream-Expected-Offset: -1\r\n',
    'Idempotency-Key: a\r\nIdempotency-Key: a\r\n',
  ]) {
    const answer = await raw(server, `POST /v1/stream/s HTTP/1.1\r\nContent-Type: text/plain\r\n${twice}`, 'x');
    assert.equal(status(answer), 400, twice);
  }
  assert.deepEqual(await storedTexts(server.store, 's'), []);
});

test('stream door: producer fields that are no numbers: 400 each, the state is unchanged [H8]', async () => {
  await using server = await bench();
  for (const bad of ['9007199254740992', '-1', '1e3', '0x1', '+1', '01', '']) {
    const head = `POST /v1/stream/s HTTP/1.1\r\nContent-Type: text/plain\r\nProducer-Id: p\r\nProducer-Epoch: 0\r\n`;
    assert.equal(status(await raw(server, `${head}Producer-Seq: ${bad}\r\n`, 'x')), 400, bad);
    assert.equal(status(await raw(server, head, 'x')), 400, 'two of the three');
  }
  assert.equal(await server.store.log.producer('s', 'p'), undefined);
});

test('stream door: 50 connections with the same producer numbers at once: one 200, 49 × 204, one record [H9] [P2]', async () => {
  await using server = await bench();
  const sockets = await Promise.all(Array.from({ length: 50 }, () => RawSocket.connect(server.server.port)));
  for (const [index, socket] of sockets.entries()) {
    const body = `body ${String(index).padStart(2, '0')}`;
    socket.write(
      `POST /v1/stream/s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
        `Producer-Id: p\r\nProducer-Epoch: 0\r\nProducer-Seq: 0\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }
  const statuses = await Promise.all(sockets.map(async (socket) => status(await socket.toEnd())));
  assert.deepEqual(Map.groupBy(statuses, (each) => each).get(204)?.length, 49);
  assert(statuses.includes(200));
  assert.equal((await storedTexts(server.store, 's')).length, 1);
});

test('stream door: JSON 100,000 deep, invalid UTF-8, a byte order mark: 400, nothing stored, others go on [H11]', async () => {
  await using server = await bench({ bodyBytesMax: 262_144 });
  const json = { 'Content-Type': 'application/json' };
  await server.ask('PUT', json, undefined, 'j');
  for (const body of [
    `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    '{"a":'.repeat(50_000),
    Uint8Array.of(0x5b, 0x22, 0xc0, 0xae, 0x22, 0x5d),
    '\ufeff[1]',
  ]) {
    const answer = await server.ask('POST', json, body, 'j');
    assert.equal(answer.status, 400);
    assert.equal(((await answer.json()) as { code: string }).code, 'badJson');
  }
  assert.deepEqual(await storedTexts(server.store, 'j'), []);
  await server.alive();
});

test('stream door: a compressed body: 415; one over the limit: 413 that its sender can read; nothing stored [H4] [H5]', async () => {
  await using server = await bench({ refusedBodyBytesMax: 16_777_216, refusedBodyMs: 5_000 });
  assert.equal((await server.ask('POST', { ...text, 'Content-Encoding': 'gzip' }, 'x')).status, 415);
  const large = await server.ask('POST', text, new Uint8Array(8 * 1_048_576));
  assert.equal(large.status, 413);
  assert.deepEqual(await storedTexts(server.store, 's'), []);
});

test('stream door: Expect: 100-continue: the body is asked for, or refused before it was sent', async () => {
  await using server = await bench();
  using socket = await RawSocket.connect(server.server.port);
  const head = 'POST /v1/stream/s HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\n';
  socket.write(`${head}Content-Length: 5\r\n\r\n`);
  await socket.until((received) => received.includes('100 Continue'));
  socket.write('hello');
  await socket.until((received) => received.includes('204 No Content'));
  using refused = await RawSocket.connect(server.server.port);
  refused.write(`${head}Content-Length: 500000\r\n\r\n`);
  assert.match(await refused.toEnd(), /^HTTP\/1\.1 413 /);
  assert.deepEqual(await storedTexts(server.store, 's'), ['hello']);
});

for (const live of ['sse', 'long-poll'] as const) {
  test(`stream door: a reader of ${live} that leaves while nothing comes: forgotten at once, its place is free`, async () => {
    await using server = await bench({ liveReadersPerClientMax: 1, longPollMs: 600_000 });
    const head = `HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    using first = await RawSocket.connect(server.server.port);
    first.write(`GET /v1/stream/s?offset=now&live=${live} ${head}`);
    // Connected behind the first one's request, so it is heard behind it.
    using second = await RawSocket.connect(server.server.port);
    second.write(`GET /v1/stream/s?offset=now&live=sse ${head}`);
    assert.equal(status((await second.until((received) => received.length > 0)).toString()), 429);
    first.socket.destroy();
    // The server hears of that on another socket than the next request comes on.
    for (let told = 0; told !== 200; ) {
      const answer = await server.ask('GET', {}, undefined, 's?offset=now&live=sse');
      told = answer.status;
      await answer.body?.cancel();
    }
  });
}

test('stream door: a graceful stop ends live answers cleanly, so that their readers come back [P4]', async () => {
  const server = await bench();
  using events = await RawSocket.connect(server.server.port);
  events.write('GET /v1/stream/s?offset=-1&live=sse HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await events.until((received) => received.includes('event: control'));
  using poll = await RawSocket.connect(server.server.port);
  poll.write('GET /v1/stream/s?offset=now&live=long-poll HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await server.ask('HEAD');
  await server[Symbol.asyncDispose]();
  assert((await events.toEnd()).endsWith('0\r\n\r\n'), 'the last chunk was sent');
  assert.match(await poll.toEnd(), /^HTTP\/1\.1 (?:204|503) /);
});
