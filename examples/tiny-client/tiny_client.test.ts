/** The client that knows only the document, against real servers and broken links. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { crc32, defaultLimits, encodeSegment, MemoryStore, sealBatch } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { type Proxy, startProxy } from '@packetboat/proxy';
import { startServer } from '@packetboat/server';
import { WebSocketServer } from 'ws';
import { Running, serve } from '../../scenarios/support/packetboat.ts';
import { tempFolder } from '../../scenarios/support/temp_folder.ts';
import { TinyClient } from './tiny_client.ts';

const lines = Array.from({ length: 400 }, (_, line) => `line ${line} ${'~'.repeat(line)}`);

async function proxyOf(url: string): Promise<Proxy> {
  const target = { host: '127.0.0.1', port: Number(new URL(url).port) };
  return startProxy({ listen: { host: '127.0.0.1', port: 0 }, target, world: nodeWorld });
}

/** Publishes and reads all lines on one client, while `disturb` is called for every record that arrives. */
async function voyage(client: TinyClient, disturb: (got: number) => void): Promise<string[]> {
  const got: string[] = [];
  const ran = client.run();
  const all = new Promise<void>((resolve) => {
    client.read((text, offset) => {
      assert.equal(offset, got.length);
      got.push(text);
      disturb(got.length);
      if (got.length === lines.length) resolve();
    });
  });
  const stored = Promise.all(lines.map((line) => client.publish(line)));
  await Promise.race([ran, Promise.all([all, stored])]);
  client.close();
  await ran;
  return got;
}

test('example tiny client: cut again and again in both directions: every line once, in order, in one session [P2] [P3] [P4]', async () => {
  await using folder = await tempFolder();
  const server = await serve(folder.path);
  const proxy = await proxyOf(server.url);
  try {
    const client = new TinyClient(`http://127.0.0.1:${proxy.port}`, 'tiny/cuts');
    const got = await voyage(client, (count) => {
      if (count % 40 === 20) proxy.cut(count % 80 === 20 ? 'reset' : 'fin');
    });
    assert.deepEqual(got, lines);
    assert.ok(client.welcomes.length > 3, `${client.welcomes.length} connections`);
    assert.deepEqual(client.welcomes, ['new', ...client.welcomes.slice(1).map(() => 'resumed')]);
  } finally {
    await proxy.stop();
    await server.end();
  }
});

test('example tiny client: the server is killed and comes back: resumed, every line once [P1] [P2] [P4]', async () => {
  await using folder = await tempFolder();
  let server = await serve(folder.path);
  const { port } = new URL(server.url);
  try {
    const client = new TinyClient(server.url, 'tiny/kill');
    let killed: Promise<void> | undefined;
    const got = await voyage(client, (count) => {
      if (count < 100) return;
      killed ??= server.end('SIGKILL').then(async () => {
        server = await serve(folder.path, ['--port', port]);
      });
    });
    await killed;
    assert.deepEqual(got, lines);
    assert.deepEqual(client.welcomes, ['new', 'resumed']);
  } finally {
    await server.end();
  }
});

test('example tiny client: its session expires: it goes on under a new one, every line once [P2] [P4]', async () => {
  const limits = { ...defaultLimits, windowMs: 1 };
  const store = new MemoryStore({ world: nodeWorld, limits });
  const server = await startServer({ store, world: nodeWorld, port: 0, limits });
  const proxy = await proxyOf(server.url);
  try {
    const client = new TinyClient(`http://127.0.0.1:${proxy.port}`, 'tiny/expired');
    const got = await voyage(client, (count) => {
      if (count % 40 === 20) proxy.cut('fin');
    });
    assert.deepEqual(got, lines);
    assert.ok(client.welcomes.filter((welcome) => welcome === 'new').length > 1, client.welcomes.join(' '));
  } finally {
    await proxy.stop();
    await server.stop();
    await store.close();
  }
});

test('example tiny client: another program takes its session over: it does not come back [P4]', async () => {
  const store = new MemoryStore({ world: nodeWorld });
  const server = await startServer({ store, world: nodeWorld, port: 0 });
  try {
    const client = new TinyClient(server.url, 'tiny/taken');
    const ran = client.run();
    await client.publish('here');
    const rival = new TinyClient(server.url, 'tiny/taken', client.identity);
    const rivalRan = rival.run();
    await assert.rejects(ran, /4409/);
    await rival.publish('and there');
    assert.deepEqual(rival.welcomes, ['resumed']);
    rival.close();
    await rivalRan;
  } finally {
    await server.stop();
    await store.close();
  }
});

test('example tiny client: a server that takes little at a time: it publishes no faster than that [P7]', async () => {
  const limits = { ...defaultLimits, windowBatchesMax: 3, windowBytesMax: 1_000 };
  const store = new MemoryStore({ world: nodeWorld, limits });
  const server = await startServer({ store, world: nodeWorld, port: 0, limits });
  try {
    assert.deepEqual(await voyage(new TinyClient(server.url, 'tiny/window'), () => undefined), lines);
  } finally {
    await server.stop();
    await store.close();
  }
});

test('example tiny client: a batch whose CRC does not hold: not delivered, told to whoever runs it, and the link closed [P5]', async () => {
  const server = new WebSocketServer({ port: 0, handleProtocols: () => 'packetboat.v1' });
  const limits = { windowBatches: 1, windowBytes: 1 };
  const batch = sealBatch({ records: [{ timeNs: 0n, bytes: Buffer.from('x') }] }, crc32);
  batch.set([0], batch.length - 1);
  const of = { stream: 'tiny/damage', incarnation: 'i' };
  const range = { base: 0, count: 1, checksumBefore: 0, checksumAfter: 0 };
  const segment = encodeSegment(0, { ...of, ...range, bytes: batch, close: false });
  const answers: Record<string, readonly object[]> = {
    hello: [{ type: 'welcome', session: 's', resumed: false, heartbeatMs: 10_000, limits }],
    produce: [{ type: 'producing', channel: 1, incarnation: 'i', epoch: 0, sequence: 0 }],
    subscribe: [{ type: 'subscribed', sub: 1, number: 0, incarnation: 'i', from: 0 }, segment],
  };
  const closed = new Promise<void>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('close', () => resolve());
      socket.on('message', (data: Buffer) => {
        const { type } = JSON.parse(data.toString()) as { readonly type: string };
        for (const answer of answers[type] ?? [])
          socket.send(answer instanceof Uint8Array ? answer : JSON.stringify(answer));
      });
    });
  });
  try {
    const client = new TinyClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'tiny/damage');
    client.read(() => assert.fail('delivered'));
    await assert.rejects(client.run(), /checksumMismatch/);
    await closed;
  } finally {
    server.close();
  }
});

test('example tiny client: the program prints what it stored', async () => {
  const store = new MemoryStore({ world: nodeWorld });
  const server = await startServer({ store, world: nodeWorld, port: 0 });
  const path = fileURLToPath(new URL('tiny_client.ts', import.meta.url));
  const program = new Running(
    spawn(process.execPath, [path, server.url, 'tiny/program', 'one', 'two'], { stdio: 'pipe' }),
  );
  try {
    await program.line(/^1 two$/);
    assert.deepEqual(program.stdout, ['2 records stored', '0 one', '1 two']);
    assert.deepEqual(await program.end('SIGINT'), { code: 0, signal: null });
  } finally {
    if (program.process.exitCode === null) await program.end('SIGKILL');
    await server.stop();
    await store.close();
  }
});
