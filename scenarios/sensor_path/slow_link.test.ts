/** A link of 64 kbit/s with a backlog of 256 KiB each way, and a client as in a browser. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { connect } from '@packetboat/client';
import { Harbour } from './harbour.ts';

/** So many times as fast as life, link and heartbeats alike. */
const pace = 20;
const bytesPerSecond = (64_000 / 8) * pace;
const heartbeatMs = 10_000 / pace;
const backlogBytes = 262_144;

test('link: 64 kbit/s with 256 KiB waiting each way and the WebSocket of a browser: everything passes, and no heartbeat cuts it [P3] [P5] [P7]', async () => {
  await using harbour = await Harbour.open();
  const server = await harbour.serveHere({ heartbeatMs });
  const near = await harbour.client(server.url);
  const writer = await near.producer('news', { create: true });
  const news = randomBytes(backlogBytes);
  await writer.publish(news);

  const proxy = await harbour.proxyTo(server.url);
  for (const direction of ['up', 'down'] as const) {
    proxy.add({ fault: 'bandwidth', bytesPerSecond, bufferBytes: 1_048_576 }, { direction });
  }
  const cut = new AbortController();
  // No `webSocket`: the global one, which shows no bytes before a message is whole.
  const far = await connect(proxy.url, {
    signal: cut.signal,
    onStatus: ({ status, reason }) => status === 'waiting' && cut.abort(reason),
  });
  harbour.defer(() => far.close());
  const reports = await far.producer('reports', { create: true });
  const report = randomBytes(backlogBytes);
  const sent = reports.publish(report);
  const bodies: Uint8Array[] = [];
  for await (const { bytes } of far.read('news', { from: 'start', untilCaughtUp: true })) bodies.push(bytes);
  assert.equal((await sent).offset, 0);

  assert.deepEqual(
    bodies.map((bytes) => Buffer.from(bytes)),
    [news],
  );
  const arrived: Uint8Array[] = [];
  for await (const { bytes } of near.read('reports', { from: 'start', untilCaughtUp: true })) arrived.push(bytes);
  assert.deepEqual(
    arrived.map((bytes) => Buffer.from(bytes)),
    [report],
  );
  assert.equal(proxy.counters.connections, 1);
});
