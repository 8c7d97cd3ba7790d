import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { encodeMessage } from '@packetboat/core';
import { WebSocket } from 'ws';
import { RawSocket, webSocketFrame, webSocketUpgrade } from '../testing/raw_socket.ts';
import { TestClient } from '../testing/test_client.ts';
import { testServer } from '../testing/test_server.ts';

const text = 0x81;
const hello = Buffer.from(encodeMessage({ type: 'hello', protocol: 1, client: 'raw' }));

for (const [name, code, frame] of [
  ['an unmasked frame', 1002, Buffer.concat([Buffer.of(text, hello.length), hello])],
  ['a reserved bit', 1002, webSocketFrame(0xc1, hello)],
  ['another reserved bit', 1002, webSocketFrame(0xa1, hello)],
  ['opcode 3', 1002, webSocketFrame(0x83, hello)],
  ['a ping of 126 bytes', 1002, webSocketFrame(0x89, Buffer.alloc(126))],
  ['a fragmented ping', 1002, webSocketFrame(0x09, Buffer.alloc(1))],
  ['a length with the top bit set', 1009, Buffer.of(text, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)],
  ['a message of 1 GB', 1009, Buffer.of(0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0)],
  ['text that is not UTF-8', 1007, webSocketFrame(text, Buffer.of(0xc0, 0xae))],
] as [string, number, Buffer][]) {
  test(`session door: ${name}: closed with ${code} and no answer, others go on [H17] [H19] [H20]`, async () => {
    await using bench = await testServer();
    using raw = await RawSocket.upgraded(bench.server.port);
    raw.write(frame);
    assert.equal(await raw.closeCode(), code);
    assert.equal(raw.received[0], 0x88, 'nothing came before the close');
    await bench.alive();
  });
}

test('session door: UTF-8 broken across fragments: 1007 [H20]', async () => {
  await using bench = await testServer();
  using raw = await RawSocket.upgraded(bench.server.port);
  raw.write(webSocketFrame(0x01, Buffer.of(0xe2, 0x82)));
  raw.write(webSocketFrame(0x80, Buffer.of(0x41)));
  assert.equal(await raw.closeCode(), 1007);
});

test('session door: fragments without end: closed at 1,024 of them [H18]', async () => {
  await using bench = await testServer();
  using raw = await RawSocket.upgraded(bench.server.port);
  raw.write(webSocketFrame(text, hello));
  await raw.until((received) => received.length > 0);
  raw.write(webSocketFrame(0x02, Buffer.alloc(1)));
  raw.write(Buffer.concat(Array.from({ length: 1_100 }, () => webSocketFrame(0x00, Buffer.alloc(1)))));
  assert.equal(await raw.closeCode(), 1008);
  await bench.alive();
});

test('session door: compression offered: not taken, so a compressed frame is 1002 [H19]', async () => {
  await using bench = await testServer();
  const socket = new WebSocket(`${bench.server.url.replace('http', 'ws')}/v1/session`, 'packetboat.v1');
  await once(socket, 'open');
  assert.equal(socket.extensions, '');
  socket.terminate();
});

test('session door: a message over the limit: 1009 [H20]', async () => {
  await using bench = await testServer();
  const client = await TestClient.connect(bench.server.url);
  client.socket.send(Buffer.alloc(65_537));
  assert.equal(await client.closed, 1009);
  await bench.alive();
});

test('session door: no hello in time, more than 8 KiB before it: refused by name [H21]', async () => {
  await using bench = await testServer({ helloTimeoutMs: 50 });
  const silent = await TestClient.open(bench.server.url);
  assert.equal((await silent.next('refused')).code, 'timeout');
  assert.equal(await silent.closed, 4001);
  using loud = await RawSocket.upgraded(bench.server.port);
  // A message that never ends: it is not waited for.
  loud.write(webSocketFrame(text, Buffer.alloc(60_000)).subarray(0, 9_000));
  assert.equal(await loud.closeCode(), 4413);
  assert.ok(loud.received.includes('"code":"tooLarge"'));
});

test('session door: 8 KiB before the welcome: what came in one packet with the upgrade counts once', async () => {
  await using bench = await testServer();
  for (const [bytes, answer] of [
    [8_190, '"type":"welcome"'],
    [8_196, '"code":"tooLarge"'],
  ] as const) {
    using raw = await RawSocket.connect(bench.server.port);
    raw.write(Buffer.concat([Buffer.from(webSocketUpgrade), padded(bytes)]));
    const received = await raw.until((heard) => heard.includes('"type":'));
    assert.ok(received.includes(answer), `${bytes} bytes: ${received.toString('latin1')}`);
  }
});

for (const [name, expected, path, protocol] of [
  ['no subprotocol', 400, '/v1/session', ''],
  ['another subprotocol', 400, '/v1/session', 'Sec-WebSocket-Protocol: mqtt\r\n'],
  ['another path', 404, '/v2/session', 'Sec-WebSocket-Protocol: packetboat.v1\r\n'],
] as const) {
  test(`session door: an upgrade with ${name}: ${expected}`, async () => {
    await using bench = await testServer();
    using raw = await RawSocket.connect(bench.server.port);
    raw.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n${protocol}\r\n`,
    );
    assert.match(await raw.toEnd(), new RegExp(`^HTTP/1.1 ${expected} `));
  });
}

test('session door: more connections than may be: each is told fullHouse, and counted [F16] [P7]', async () => {
  await using bench = await testServer({ connectionsMax: 3 });
  const clients = await Promise.all(Array.from({ length: 3 }, () => TestClient.connect(bench.server.url)));
  const late = await TestClient.open(bench.server.url);
  late.say({ type: 'hello', protocol: 1, client: 'test' });
  const refused = await late.next('refused');
  assert.equal(refused.code, 'fullHouse');
  assert.equal(refused.retryAfterMs, 5_000);
  assert.equal(await late.closed, 4008);
  const http = await fetch(bench.server.url, { method: 'POST', body: 'x', headers: { Connection: 'close' } });
  assert.equal(http.status, 503);
  assert.equal(http.headers.get('retry-after'), '5');
  // A session that is away keeps its place: this one ends.
  clients[0]?.say({ type: 'bye' });
  await clients[0]?.closed;
  await clients[1]?.roundTrip();
  // This asks until the server has seen the first one leave.
  while ((await bench.metric('packetboat_refusals_total{code="fullHouse"}')) < 2);
  assert.ok(bench.logged.includes('warn as many connections as may be: refusing more'));
  for (const client of clients.slice(1)) await client[Symbol.asyncDispose]();
});

test('session door: raw bytes are proof of life: a slow upload is not taken for silence', async () => {
  await using bench = await testServer({ heartbeatMs: 50, heartbeatsMissedMax: 6 });
  using raw = await RawSocket.upgraded(bench.server.port);
  raw.write(webSocketFrame(text, hello));
  await raw.until((received) => received.includes('welcome'));
  const frame = webSocketFrame(
    text,
    Buffer.from(encodeMessage({ type: 'call', id: 1, method: 'streams.list', params: {} })),
  );
  // One byte for every heartbeat that comes: the message takes many times the time of silence that is allowed.
  let heartbeats = 0;
  for (const byte of frame.subarray(0, 8)) {
    raw.write(Buffer.of(byte));
    heartbeats += 1;
    const needed = heartbeats;
    await raw.until((received) => received.toString('latin1').split('"heartbeat"').length > needed);
  }
  raw.write(frame.subarray(8));
  const received = await raw.until((bytes) => bytes.includes('"result"'));
  assert.ok(received.includes('"result"'));
  assert.ok(!received.includes('"closing"'));
});

/** A hello, and pongs up to so many bytes. */
function padded(bytes: number): Buffer {
  const frame = webSocketFrame(text, hello);
  const pong = webSocketFrame(0x8a, Buffer.alloc(0));
  return Buffer.concat([frame, Buffer.alloc(bytes - frame.length, pong)]);
}
