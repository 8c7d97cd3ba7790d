import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore, PacketboatError, type Store } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { startServer } from './start_server.ts';
import { TestClient } from './testing/test_client.ts';
import { testServer } from './testing/test_server.ts';

const isCode = (code: string) => (error: unknown) => error instanceof PacketboatError && error.code === code;

test('server: an address beyond loopback: refused unless insecure is asked for [P9]', async () => {
  const store = new MemoryStore({ world: nodeWorld });
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org', '127.0.0.1.example.org']) {
    await assert.rejects(startServer({ store, world: nodeWorld, host, port: 0 }), isCode('forbidden'));
  }
  const server = await startServer({ store, world: nodeWorld, host: '0.0.0.0', port: 0, insecure: true });
  await server.stop();
});

test('server: a port in use: one clear error', async () => {
  await using bench = await testServer();
  const { store, server } = bench;
  await assert.rejects(startServer({ store, world: nodeWorld, port: server.port }), (error: unknown) => {
    assert.ok(isCode('unreachable')(error));
    assert.match((error as Error).message, /another program uses it/);
    return true;
  });
});

test('server: stop: clients are told, what is queued is acknowledged, the port is free; stopping twice is harmless [P7]', async () => {
  const bench = await testServer();
  const client = await TestClient.connect(bench.server.url);
  await client.roundTrip();
  const first = bench.server.stop('moving house');
  assert.equal(bench.server.stop(), first);
  const closing = await client.next('closing');
  assert.deepEqual([closing.code, closing.message], ['stopping', 'moving house']);
  assert.equal(await client.closed, 4000);
  await first;
  await assert.rejects(fetch(`${bench.server.url}/healthz`));
});

test('server: the store fails: nothing more is acknowledged, everyone is told why, failed settles [P8] [F3]', async () => {
  const memory = new MemoryStore({ world: nodeWorld });
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>();
  const store: Store = {
    id: memory.id,
    durability: 'memory',
    log: memory.log,
    map: memory.map,
    blobs: memory.blobs,
    health: () => memory.health(),
    failed,
    close: () => memory.close(),
  };
  const server = await startServer({ store, world: nodeWorld, port: 0 });
  const client = await TestClient.connect(server.url);
  await client.roundTrip();
  fail(new PacketboatError('storeFailed', 'fdatasync: EIO'));
  const closing = await client.next('closing');
  assert.deepEqual([closing.code, closing.message], ['storeFailed', 'fdatasync: EIO']);
  assert.equal(await client.closed, 4500);
  assert.equal((await server.failed).message, 'fdatasync: EIO');
  const late = await TestClient.open(server.url);
  late.say({ type: 'hello', protocol: 1, client: 'late' });
  assert.equal((await late.next('refused')).code, 'stopping');
  const line = await fetch(server.url, { method: 'POST', body: 'p 1 1612091235112730000' });
  assert.equal(line.status, 500);
  await server.stop();
});

test('server: healthz, readyz and metrics', async () => {
  await using bench = await testServer();
  const { url } = bench.server;
  assert.equal(await (await fetch(`${url}/healthz`)).text(), 'ok\n');
  assert.equal(await (await fetch(`${url}/readyz`)).text(), 'ready\n');
  await bench.alive();
  assert.equal(await bench.metric('packetboat_store_appended_batches_total'), 1);
  assert.equal(await bench.metric('packetboat_receipts_sent_total'), 1);
  await bench.store.close();
  const response = await fetch(`${url}/readyz`);
  assert.equal(response.status, 503);
  assert.match(((await response.json()) as { detail: string }).detail, /closed/);
});
