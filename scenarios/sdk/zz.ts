import { connect } from '@packetboat/client';
import { MemoryStore } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { startServer } from '@packetboat/server';
import { WebSocket } from 'ws';
for (const webSocket of [undefined, WebSocket]) {
  const server = await startServer({ store: new MemoryStore({ world: nodeWorld }), world: nodeWorld, port: 0 });
  const client = await connect(server.url, {
    ...(webSocket && { webSocket }),
    onStatus: (e) => console.log(e.status, e.reason?.message),
  });
  const producer = await client.producer('a/b', { create: true });
  console.log(await producer.publish('hello'));
  const n = 2_000_000;
  const rec = new Uint8Array(128).fill(7);
  let t = performance.now();
  for (let i = 0; i < n; i++) {
    if (i % 100 === 0) await producer.ready();
    void producer.publish(rec);
  }
  await producer.flush();
  console.log('publish/s', (n / (performance.now() - t)) * 1000);
  t = performance.now();
  const reader = client.read('a/b', { untilCaughtUp: true, cursor: 'c' });
  let count = 0;
  for await (const batch of reader.batches()) count += batch.length;
  console.log(count, reader.ended, reader.position, 'read/s', (count / (performance.now() - t)) * 1000);
  await reader.commit();
  console.log(
    await client.cursors.get('a/b', 'c'),
    await client.streams.info('a/b'),
    (await client.streams.list()).length,
  );
  await producer.close();
  await client.close();
  await server.stop();
}
