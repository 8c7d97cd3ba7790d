/** The sensor path from end to end, in one process: real spool, real sockets, real server over a store in memory. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, test } from 'node:test';
import {
  DeadLetters,
  encodeName,
  fileSource,
  followInbox,
  importLines,
  openLineDoor,
  sensorStream,
  type Source,
  startSensor,
  startShipper,
  stdinSource,
} from '@packetboat/agent';
import { type Client, connect } from '@packetboat/client';
import { MemoryStore, type Spool } from '@packetboat/core';
import { nodeWorld as world } from '@packetboat/core/node';
import { openSpool } from '@packetboat/engine-sqlite';
import { type Proxy, startProxy } from '@packetboat/proxy';
import { type Server, startServer } from '@packetboat/server';
import { WebSocket } from 'ws';

const name = 'paul';
const stream = sensorStream(name);
let folder: string;
let store: MemoryStore;
/** What is to be ended after each test, last first. */
let ends: (() => Promise<unknown>)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetboat-agent-'));
  store = new MemoryStore({ world });
  ends = [];
});
afterEach(async () => {
  // One that fails must not keep the others from ending: the test has told why already.
  for (const end of ends.toReversed()) await end().catch(() => {});
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(port = 0, from = store): Promise<Server> {
  const server = await startServer({ store: from, world, port });
  ends.push(() => server.stop());
  return server;
}

async function dial(url: string): Promise<Client> {
  const client = await connect(url, { world, webSocket: WebSocket, backoff: { firstMs: 5, capMs: 20 } });
  ends.push(() => client.close());
  return client;
}

async function proxyTo(server: Server): Promise<Proxy & { readonly url: string }> {
  const proxy = await startProxy({ listen: { host: '127.0.0.1', port: 0 }, target: server, world });
  ends.push(() => proxy.stop());
  return Object.assign(proxy, { url: `http://127.0.0.1:${proxy.port}` });
}

async function spoolFor(role: 'sensor' | 'shipper' | 'agent'): Promise<Spool> {
  const spool = await openSpool({
    folder: join(folder, encodeName(name)),
    role,
    stream,
    world,
    bytesMax: 16_777_216,
    whenFull: 'block',
  });
  ends.push(() => spool.close());
  return spool;
}

const deadLetterPath = (): string => join(folder, 'dead-letters.jsonl');

function sense(spool: Spool, source: Source) {
  const sensor = startSensor({ name, source, spool, world, deadLetterPath: deadLetterPath(), intervalMs: 2 });
  ends.push(() => sensor.stop());
  return sensor;
}

function ship(spool: Spool, client: Client) {
  const acks: string[] = [];
  const shipper = startShipper({
    name,
    spool,
    client,
    world,
    onAcknowledged: ({ records }) => {
      for (const { timeNs } of records) acks.push(`ACK ${timeNs}`);
    },
  });
  ends.push(() => shipper.stop());
  return { shipper, acks };
}

/** Waits for a condition that real disks and sockets bring about, as long as `running` runs. */
async function until(condition: () => boolean | Promise<boolean>, running: { readonly done: Promise<void> }) {
  const state = { over: false };
  const end = (): void => {
    state.over = true;
  };
  running.done.then(end, end);
  while (!(await condition())) {
    assert.ok(!state.over, 'it ended before');
    await new Promise(setImmediate);
  }
}

/** What the stream holds now. */
async function readLines(client: Client): Promise<string[]> {
  const lines: string[] = [];
  for await (const { bytes } of client.read(stream, { from: 'start', untilCaughtUp: true })) {
    lines.push(Buffer.from(bytes).toString());
  }
  return lines;
}

function lineOf(index: number): string {
  return `${name} ${index}.0 64.1 ${1_612_091_235_112_730_001n + BigInt(index)}\n`;
}

async function put(spool: Spool, from: number, count: number): Promise<string[]> {
  const lines = Array.from({ length: count }, (_, index) => lineOf(from + index));
  for (const line of lines) {
    await spool.put([{ timeNs: BigInt(line.trimEnd().split(' ').at(-1) ?? ''), bytes: Buffer.from(line) }]);
  }
  return lines;
}

test('agent: sensor and shipper apart, shipper first: every record arrives once, in order, with one ACK (A0.1) [P1] [P2] [P3] [S0.11] [S0.13]', async () => {
  const server = await serve();
  const client = await dial(server.url);
  const shipping = await spoolFor('shipper');
  const { shipper, acks } = ship(shipping, client);
  const text = Array.from({ length: 3_000 }, (_, index) => `${index}.0 64.${index % 10}`);
  const sensor = sense(await spoolFor('sensor'), stdinSource(Readable.from([Buffer.from(text.join('\r\n'))])));
  await sensor.done;
  await shipper.drained();
  const lines = await readLines(client);
  assert.deepEqual(
    lines.map((line) => line.split(' ').slice(1, -1).join(' ')),
    text,
  );
  for (const line of lines) assert.match(line, /^paul \d+\.\d \d+\.\d \d{19}\n$/);
  assert.deepEqual(
    acks,
    lines.map((line) => `ACK ${line.trimEnd().split(' ').at(-1)}`),
  );
  const { sealedCount, sealedChecksum, waiting, waitingBytes } = await shipping.status();
  const info = await client.streams.info(stream);
  assert.deepEqual([info.tail, info.checksum], [sealedCount, sealedChecksum]);
  assert.deepEqual([waiting, waitingBytes], [0, 0]);
});

test('agent: server down: 500 records wait through restarts of the shipper, then are stored once (A0.2) [P2] [F9]', async () => {
  const server = await serve();
  const spool = await spoolFor('agent');
  const lines = await put(spool, 0, 250);
  const link = await dial(server.url);
  const first = ship(spool, link);
  await first.shipper.drained();
  await server.stop();
  lines.push(...(await put(spool, 250, 500)));
  await link.close();
  await first.shipper.stop();
  assert.equal((await spool.status()).waiting, 500);
  await serve(server.port);
  const client = await dial(server.url);
  const second = ship(spool, client);
  await second.shipper.drained();
  assert.deepEqual(await readLines(client), lines);
  assert.equal(second.acks.length, 500);
});

test('agent: every answer is lost: what was processed is sent again, stored once, and acknowledged (A0.3) [P2] [S0.18]', async () => {
  const server = await serve();
  const proxy = await proxyTo(server);
  const spool = await spoolFor('agent');
  const lines = await put(spool, 0, 1);
  const { shipper, acks } = ship(spool, await dial(proxy.url));
  await shipper.drained();
  const drop = proxy.add({ fault: 'drop' }, { direction: 'down' });
  lines.push(...(await put(spool, 1, 50)));
  const direct = await dial(server.url);
  await until(async () => (await direct.streams.info(stream)).tail === 51, shipper);
  assert.equal(acks.length, 1);
  assert.equal((await spool.status()).waiting, 50);
  await proxy.remove(drop);
  await shipper.drained();
  assert.deepEqual(await readLines(direct), lines);
  assert.equal(acks.length, 51);
  assert.ok(shipper.counts.duplicates > 0);
});

test('agent: 20 cuts during a drain: stored order is the order made, nothing twice [P2] [P3] [F11] [S0.17] [S0.25]', async () => {
  const server = await serve();
  const proxy = await proxyTo(server);
  const spool = await spoolFor('agent');
  const records = Array.from({ length: 20_000 }, (_, index) => ({
    timeNs: BigInt(index),
    bytes: Buffer.from(lineOf(index)),
  }));
  for (let at = 0; at < records.length; at += 1_000) await spool.put(records.slice(at, at + 1_000));
  const { shipper, acks } = ship(spool, await dial(proxy.url));
  for (let cut = 1; cut <= 20; cut++) {
    await until(() => acks.length >= cut * 100, shipper);
    proxy.cut();
    await until(() => proxy.counters.open === 0 || acks.length === records.length, shipper);
    await put(spool, 20_000 + cut - 1, 1);
  }
  await shipper.drained();
  const lines = await readLines(await dial(server.url));
  assert.deepEqual(
    lines,
    Array.from({ length: 20_020 }, (_, index) => lineOf(index)),
  );
  assert.equal(acks.length, 20_020);
});

test('agent: another store behind the address: shipping stops with wrongStore, nothing is removed [P2] [P5]', async () => {
  const server = await serve();
  const spool = await spoolFor('agent');
  await put(spool, 0, 10);
  const first = ship(spool, await dial(server.url));
  await first.shipper.drained();
  await first.shipper.stop();
  await put(spool, 10, 5);
  const other = new MemoryStore({ world });
  const strange = await serve(0, other);
  const client = await dial(strange.url);
  const { shipper } = ship(spool, client);
  await assert.rejects(shipper.done, { code: 'wrongStore' });
  assert.equal((await spool.status()).waiting, 5);
});

test('agent: a followed file, rotated, its sensor restarted at every line: each line stored once (A0.6) [P2] [P6]', async () => {
  const path = join(folder, 'paul.log');
  const expected: string[] = [];
  for (let life = 0; life < 8; life++) {
    if (life === 4) renameSync(path, `${path}.1`);
    const lines = [lineOf(3 * life), lineOf(3 * life + 1), lineOf(3 * life + 2)];
    expected.push(...lines);
    appendFileSync(
      path,
      `${lines[0]}garbage ${life}\n\n${lines[1]}paul 2.0 64paul 3.0 64.1 1612091235112730001\n${lines[2]}`,
    );
    const spool = await spoolFor('agent');
    const sensor = sense(spool, fileSource({ path, format: 'records', pollMs: 10 }));
    await until(async () => (await spool.status()).produced === expected.length, sensor);
    await sensor.stop();
    await spool.close();
  }
  const spool = await spoolFor('agent');
  const client = await dial((await serve()).url);
  const { shipper, acks } = ship(spool, client);
  await shipper.drained();
  assert.deepEqual(await readLines(client), expected);
  assert.equal(acks.length, expected.length);
  assert.equal(readFileSync(deadLetterPath(), 'utf8').match(/"line":"garbage/g)?.length, 8);
});

test('agent: the clock goes back an hour, and stands still: all records are stored, in the order made (A0.7) [P3] [S0.9] [H37]', async () => {
  const times = [1_612_091_235_112_730_001n, 1_612_087_635_112_730_001n, 1_612_087_635_112_730_001n];
  const spool = await spoolFor('agent');
  await spool.put(times.map((timeNs) => ({ timeNs, bytes: Buffer.from(`paul 1.0 2.0 ${timeNs}\n`) })));
  const client = await dial((await serve()).url);
  const { shipper, acks } = ship(spool, client);
  await shipper.drained();
  assert.deepEqual(
    acks,
    times.map((timeNs) => `ACK ${timeNs}`),
  );
  assert.equal((await readLines(client)).length, 3);
});

test('agent: the printed sample imported twice: 17 records, byte for byte, stored once [S0.6] [S0.7] [S0.19]', async () => {
  const server = await serve();
  const sample = new URL('../../packages/agent/src/testing/paul.txt', import.meta.url);
  const door = openLineDoor({ url: server.url, timers: world.timers });
  for (let round = 0; round < 2; round++) {
    const deadLetters = new DeadLetters({ path: deadLetterPath(), bytesMax: Number.POSITIVE_INFINITY });
    const { signal } = new AbortController();
    const input = Readable.from([readFileSync(sample)]);
    const report = await importLines({ input, door, deadLetters, world, signal });
    await deadLetters.close();
    assert.deepEqual(report, { records: 17, rejected: 1 });
  }
  const lines = await readLines(await dial(server.url));
  assert.equal(lines.length, 17);
  assert.equal(lines[0], 'paul 4.0 64.1 1612091235112730000\n');
  assert.equal(lines[16], 'paul 13.2 64.8 1612091251198529000\n');
});

test('agent: an inbox that does not exist yet, a handler that fails, a restart: handed over in order from the cursor [P4]', async () => {
  const server = await serve();
  const client = await dial(server.url);
  const seen: string[] = [];
  const inboxOf = (fails: (text: string) => boolean) =>
    followInbox({
      name,
      client,
      world,
      handler: async ({ bytes }) => {
        const text = Buffer.from(bytes).toString();
        seen.push(text);
        if (fails(text)) throw new Error('not now');
      },
    });
  const first = inboxOf((text) => text === 'two');
  const producer = await client.producer(`devices/${name}/inbox`, { create: true, contentType: 'text/plain' });
  for (const text of ['one', 'two', 'three']) await producer.publish(text);
  await until(() => seen.length >= 2, first);
  await first.stop();
  assert.deepEqual(seen, ['one', 'two']);
  const second = inboxOf(() => false);
  await until(() => seen.length === 4, second);
  await second.stop();
  assert.deepEqual(seen.slice(2), ['two', 'three']);
});
