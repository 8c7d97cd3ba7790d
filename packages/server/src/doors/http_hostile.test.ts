import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawSocket } from '../testing/raw_socket.ts';
import { testServer } from '../testing/test_server.ts';

const line = 'paul 2.0 64.1 1612091235112730000';

async function answerTo(port: number, request: string): Promise<string> {
  using raw = await RawSocket.connect(port);
  raw.write(request);
  return await raw.toEnd();
}

function status(answer: string): number {
  return Number(answer.slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3));
}

for (const [name, head, body] of [
  ['Content-Length beside chunked', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `5\r\n${line}\r\n0\r\n\r\n`],
  ['two Content-Lengths', 'Content-Length: 33\r\nContent-Length: 34\r\n', line],
  ['an unknown Transfer-Encoding', 'Transfer-Encoding: xchunked\r\n', line],
  ['a bare line feed', 'X: 1\nContent-Length: 33\r\n', line],
  ['a Content-Length that is no number', 'Content-Length: 3x\r\n', line],
  ['no Host', '', ''],
  ['two Hosts', 'Host: evil.example\r\nConnection: close\r\n', ''],
] as const) {
  test(`http: smuggling: ${name}: 400, closed, nothing appended [H1] [S0.22]`, async () => {
    await using bench = await testServer();
    const host = name === 'no Host' ? '' : 'Host: localhost\r\n';
    const answer = await answerTo(bench.server.port, `POST / HTTP/1.1\r\n${host}${head}\r\n${body}`);
    assert.equal(status(answer), 400);
    assert.match(answer, /application\/problem\+json/);
    assert.equal(bench.store.health().appendedBatches, 0);
    await bench.alive();
  });
}

test('http: 20 connections that dribble a header, and 20 that dribble a body: 408 and closed, others go on [H2]', async () => {
  await using bench = await testServer({ headersTimeoutMs: 100, requestTimeoutMs: 200 });
  const { port } = bench.server;
  const heads = Array.from({ length: 20 }, () => answerTo(port, 'POST / HTTP/1.1\r\nHost: localh'));
  const body = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 33\r\n\r\npaul 2.0';
  const bodies = Array.from({ length: 20 }, () => answerTo(port, body));
  await bench.alive();
  for (const answer of await Promise.all([...heads, ...bodies])) assert.equal(status(answer), 408);
  assert.equal(bench.store.health().appendedBatches, 1, 'only the record of the live client');
});

test('http: a connection that never says anything: closed', async () => {
  await using bench = await testServer({ headersTimeoutMs: 100, requestTimeoutMs: 200 });
  await answerTo(bench.server.port, '');
});

for (const [name, expected, target, headers] of [
  ['a header of 17 KB', 431, '/healthz', `X: ${'x'.repeat(17_000)}\r\n`],
  ['101 header fields', 431, '/healthz', 'X: 1\r\n'.repeat(100)],
  ['a target of 9 KB', 414, `/${'a'.repeat(9_000)}`, ''],
  ['a target that is no path', 400, 'http://evil.example/healthz', ''],
] as const) {
  test(`http: ${name}: ${expected} [H3] [H12]`, async () => {
    await using bench = await testServer();
    const head = `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`;
    const trimmed = name === '101 header fields' ? head.replace('X: 1\r\n', '') : head;
    assert.equal(status(await answerTo(bench.server.port, trimmed)), expected);
    await bench.alive();
  });
}

for (const [name, head, body] of [
  ['10 GB announced', 'Content-Length: 10000000000\r\n', ''],
  ['chunks without end', 'Transfer-Encoding: chunked\r\n', `10000\r\n${'x'.repeat(0x1_00_00)}\r\n`.repeat(2)],
] as const) {
  test(`http: a body of ${name}: 413 before it is buffered, closed [H4] [A0.9]`, async () => {
    await using bench = await testServer();
    const answer = await answerTo(bench.server.port, `POST / HTTP/1.1\r\nHost: localhost\r\n${head}\r\n${body}`);
    assert.equal(status(answer), 413);
    await bench.alive();
  });
}

test('http: a compressed body: 415, nothing is inflated [H5]', async () => {
  await using bench = await testServer();
  const response = await fetch(bench.server.url, {
    method: 'POST',
    headers: { 'Content-Encoding': 'gzip' },
    body: 'x',
  });
  assert.equal(response.status, 415);
  assert.equal(((await response.json()) as { code: string }).code, 'unsupportedMediaType');
});

test('http: foreign names in Host: 421, whatever a proxy header says; local names are ours [H12] [P9]', async () => {
  await using bench = await testServer();
  const { port } = bench.server;
  const get = (headers: string) => answerTo(port, `GET /healthz HTTP/1.1\r\nConnection: close\r\n${headers}\r\n`);
  assert.equal(status(await get('Host: evil.example\r\n')), 421);
  assert.equal(
    status(await get('Host: evil.example\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: localhost\r\n')),
    421,
  );
  assert.equal(status(await get('Host: 127.0.0.1.evil.example\r\n')), 421);
  for (const host of ['localhost', `LOCALHOST:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
    assert.equal(status(await get(`Host: ${host}\r\n`)), 200);
  }
});

test('http: a foreign or null Origin: 403 on POST and on upgrade; its own page may [H13]', async () => {
  await using bench = await testServer();
  const { port } = bench.server;
  const host = `localhost:${port}`;
  const post = (origin: string) =>
    `POST / HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nConnection: close\r\nContent-Length: 33\r\n\r\n${line}`;
  const upgrade = (origin: string) =>
    `GET /v1/session HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: packetboat.v1\r\n\r\n`;
  for (const origin of ['null', 'https://evil.example', `http://${host}.evil.example`, 'http://localhost:1']) {
    assert.equal(status(await answerTo(port, post(origin))), 403);
    assert.equal(status(await answerTo(port, upgrade(origin))), 403);
  }
  assert.equal(bench.store.health().appendedBatches, 0);
  assert.equal(status(await answerTo(port, post(`http://${host}`))), 200);
  using raw = await RawSocket.connect(port);
  raw.write(upgrade(`http://${host}`));
  assert.equal(status((await raw.until((bytes) => bytes.length > 0)).toString()), 101);
});

test('http: paths and methods that do not exist: 404, 405 with Allow, as problem+json with a request id', async () => {
  await using bench = await testServer();
  const { url } = bench.server;
  const missing = await fetch(`${url}/nothing`, { headers: { 'X-Request-Id': 'abc-1' } });
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get('content-type'), 'application/problem+json');
  assert.equal(missing.headers.get('x-request-id'), 'abc-1');
  assert.equal(((await missing.json()) as { instance: string }).instance, 'urn:packetboat:request:abc-1');
  const wrong = await fetch(`${url}/healthz`, { method: 'DELETE', headers: { 'X-Request-Id': 'a b' } });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get('allow'), 'GET, HEAD, OPTIONS');
  assert.match(wrong.headers.get('x-request-id') ?? '', /^[0-9a-f]{16}$/);
  assert.equal((await fetch(`${url}/healthz`, { method: 'HEAD' })).status, 200);
});

test('http: an upgrade to anything but a WebSocket is ignored, and the request answered', async () => {
  await using bench = await testServer();
  const upgrade = 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings, close\r\n';
  const request = `POST / HTTP/1.1\r\nHost: localhost\r\n${upgrade}Content-Length: ${line.length}\r\n\r\n${line}`;
  const answer = await answerTo(bench.server.port, request);
  assert.equal(status(answer), 200);
  assert.equal(bench.store.health().appendedBatches, 1);
});

test('http: bodies on their way in share one budget: what is more is busy, and room comes back [H4] [P7]', async () => {
  await using bench = await testServer({ bodiesBytesMax: 4_000 });
  const { port } = bench.server;
  const head = `POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3000\r\n\r\n`;
  const part = `${line}\n`.repeat(80).slice(0, 2_900);
  {
    using slow = await RawSocket.connect(port);
    slow.write(head + part);
    while ((await bench.metric('packetboat_http_body_bytes')) !== part.length);
    const refused = await answerTo(port, head + part);
    assert.equal(status(refused), 503);
    assert.match(refused, /Retry-After: 1/);
  }
  while ((await bench.metric('packetboat_http_body_bytes')) !== 0);
  await bench.alive();
});
