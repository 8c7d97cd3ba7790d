import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { type ClientMessage, encodeMessage, encodePublish, sealBatch } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { RawSocket, webSocketFrame } from '../testing/raw_socket.ts';
import { SlowRelay } from '../testing/slow_relay.ts';
import { TestClient } from '../testing/test_client.ts';
import { testServer } from '../testing/test_server.ts';

test('link: slow: 64 kbit/s with a backlog of 256 KiB: the reader makes progress and is not cut [P7]', async () => {
  // Fifty times as fast as life, link and heartbeat alike.
  const pace = 50;
  const heartbeatMs = 10_000 / pace;
  await using bench = await testServer({
    heartbeatMs,
    recordBytesMax: 100_000,
    batchBytesMax: 300_000,
    segmentBytesMax: 300_000,
    frameBytesMax: 400_000,
    creditBytesMax: 1_000_000,
    connectionBufferBytesMax: 1_048_576,
  });
  await using writer = await TestClient.connect(bench.server.url);
  writer.say({ type: 'produce', channel: 1, stream: 's', producer: 'p', create: true });
  await writer.next('producing');
  for (let sequence = 0; sequence < 4; sequence++) writer.publish(1, 'p', sequence, Buffer.alloc(65_536));
  await writer.until(() => writer.messages.some((message) => message.type === 'receipt' && message.sequence === 3));

  await using relay = await SlowRelay.start(bench.server.port, (64_000 / 8) * pace);
  await using reader = await TestClient.connect(`http://127.0.0.1:${relay.port}`);
  const { clock, timers } = nodeWorld;
  const beat = () => {
    reader.say({ type: 'heartbeat' });
    timer = timers.after(heartbeatMs, beat);
  };
  let timer = timers.after(heartbeatMs, beat);
  let heardMs = clock.monotonicMs();
  let silentMostMs = 0;
  reader.socket.on('message', () => {
    silentMostMs = Math.max(silentMostMs, clock.monotonicMs() - heardMs);
    heardMs = clock.monotonicMs();
  });
  reader.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 1_000_000 });
  await reader.next('caughtUp');
  timer.cancel();
  assert.equal(
    reader.frames.reduce((sum, { count }) => sum + count, 0),
    4,
  );
  assert.ok(silentMostMs < 3 * heartbeatMs, `something came every ${silentMostMs} ms`);
});

test('link: a reader that stops reading: the server holds little for it, others go on, then it catches up [H24] [P7]', async () => {
  await using bench = await testServer({ creditBytesMax: 100_000_000, connectionBufferBytesMax: 100_000 });
  await using writer = await TestClient.connect(bench.server.url);
  writer.say({ type: 'produce', channel: 1, stream: 's', producer: 'p', create: true });
  await writer.next('producing');
  await using reader = await TestClient.connect(bench.server.url);
  reader.say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, credit: 100_000_000 });
  await reader.next('subscribed');
  reader.socket.pause();
  const batches = 1_000;
  for (let sequence = 0; sequence < batches; sequence++) {
    writer.publish(1, 'p', sequence, Buffer.alloc(4_000));
    await writer.until(() => writer.messages.some((each) => each.type === 'receipt' && each.sequence === sequence));
  }
  // What left is what fits the connection's bound, and not what the system's buffers would have taken.
  assert.ok((await bench.metric('packetboat_frame_sent_bytes_total')) < 110_000);
  reader.socket.resume();
  await reader.until(() => reader.frames.reduce((sum, { count }) => sum + count, 0) === batches);
});

test('link: cut after every byte of a valid exchange: no half record, nothing left behind [H25]', async () => {
  // A session that was cut keeps its place.
  await using bench = await testServer({ connectionsMax: 2_000 });
  const batch = sealBatch(
    { records: [{ timeNs: 1n, bytes: Buffer.from('whole') }], producer: { id: 'p', epoch: 0, sequence: 0 } },
    nodeWorld.crc32,
  );
  const handshake =
    'GET /v1/session HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: packetboat.v1\r\n\r\n';
  const opening = Buffer.concat([
    Buffer.from(handshake),
    say({ type: 'hello', protocol: 1, client: 'cut' }),
    say({ type: 'produce', channel: 1, stream: 's', producer: 'p', epoch: 0, create: true }),
  ]);
  const rest = Buffer.concat([
    webSocketFrame(0x82, encodePublish(1, [batch])),
    say({ type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, cursor: 'c', credit: 1_000 }),
    say({ type: 'commit', sub: 1, offset: 1 }),
  ]);
  const cutAfter = async (length: number) => {
    using raw = await RawSocket.connect(bench.server.port);
    raw.write(opening.subarray(0, length));
    if (length > opening.length) {
      await raw.until((received) => received.includes('producing'));
      raw.write(rest.subarray(0, length - opening.length));
    }
    raw.socket.end();
    await raw.toEnd();
  };
  const lengths = Array.from({ length: opening.length + rest.length + 1 }, (_, length) => length);
  while (lengths.length > 0) await Promise.all(lengths.splice(0, 25).map(cutAfter));
  await bench.alive();
  const info = await bench.store.log.info('s');
  assert.equal(typeof info === 'object' && info.tail, 1);
  while ((await bench.metric('packetboat_session_connections')) > 0);
  assert.equal(await bench.metric('packetboat_subscriptions'), 0);
});

test('link: 200 connections under a limit of 64 open files: each is let in, told or closed, all refusals counted [F16]', async () => {
  const script = new URL('../testing/serve_memory.ts', import.meta.url).pathname;
  const server = spawn('sh', ['-c', 'ulimit -n 64 && exec "$0" "$1"', process.execPath, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [printed] = (await once(server.stdout, 'data')) as [Buffer];
    const url = printed.toString().trim();
    const port = Number(new URL(url).port);
    const sockets = await Promise.all(Array.from({ length: 200 }, () => RawSocket.connect(port)));
    const ask = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    // After so many turns the server has met them all: those beyond its bound would hold a file each.
    for (let turn = 1; turn <= 250; turn++) {
      sockets[0]?.write(ask);
      await sockets[0]?.until((received) => received.toString().split('200 OK').length > turn);
    }
    if (process.platform === 'linux') {
      const files = readdirSync(`/proc/${server.pid}/fd`).length;
      assert.ok(files <= 64 - 8, `${files} files are open: none are left for the store`);
    }
    for (const raw of sockets.slice(1)) raw.write(ask);
    const answers = await Promise.all(sockets.map((raw) => raw.until((received) => received.includes('\r\n\r\n'))));
    const served = answers.filter((answer) => answer.includes('200 OK')).length;
    const refused = answers.filter((answer) => answer.includes('fullHouse') || answer.length === 0).length;
    assert.equal(served + refused, 200);
    assert.ok(served >= 10, `${served} were served`);
    for (const raw of sockets) raw.socket.destroy();
    await using client = await connectWhenFree(url);
    await client.roundTrip();
    const response = await fetch(`${url}/metrics`, { headers: { Connection: 'close' } });
    const counted = /refusals_total\{code="fullHouse"\} (\d+)/.exec(await response.text())?.[1];
    assert.ok(Number(counted) >= refused, `${counted} of ${refused} refusals are counted`);
  } finally {
    server.kill();
    await once(server, 'exit');
  }
});

function say(message: ClientMessage): Buffer {
  return webSocketFrame(0x81, Buffer.from(encodeMessage(message)));
}

/** The server learns of closed sockets a moment later than we close them: a refusal says to come back. */
async function connectWhenFree(url: string): Promise<TestClient> {
  for (;;) {
    const client = await TestClient.open(url);
    client.say({ type: 'hello', protocol: 1, client: 'test' });
    await client.until(() => client.messages.length > 0);
    if (client.messages[0]?.type === 'welcome') return client;
    await client.closed;
  }
}
