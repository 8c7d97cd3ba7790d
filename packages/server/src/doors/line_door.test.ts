import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchRecords, type MemoryStore, openBatches } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { testLimits } from '@packetboat/core/testing';
import { testServer } from '../testing/test_server.ts';

async function post(url: string, body: string | Uint8Array<ArrayBuffer>): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { method: 'POST', body });
  return { status: response.status, text: await response.text() };
}

/** What a stream holds, as one text. */
async function contentOf(store: MemoryStore, stream: string): Promise<string> {
  const outcome = await store.log.read(stream, 0, 1_000_000);
  if (outcome.kind !== 'segments') return outcome.kind;
  const batches = outcome.segments.flatMap(({ bytes }) => openBatches(bytes, nodeWorld.crc32, testLimits()));
  return batches
    .flatMap((batch) => [...batchRecords(batch)].map(({ bytes }) => Buffer.from(bytes).toString()))
    .join('');
}

test('line door: one line without newline: stored with it, under its sensor, answered ACK and its time [S0.12] [S0.23] [S0.24]', async () => {
  await using bench = await testServer();
  const answer = await post(bench.server.url, 'paul 4.0 64.1 1612091235112730000');
  assert.deepEqual(answer, { status: 200, text: 'ACK 1612091235112730000' });
  assert.equal(await contentOf(bench.store, 'sensors/paul'), 'paul 4.0 64.1 1612091235112730000\n');
  const info = await bench.store.log.info('sensors/paul');
  assert.equal(typeof info === 'object' && info.contentType, 'text/plain');
});

test('line door: a line of five fields: first is the name, last the time [C0.1]', async () => {
  await using bench = await testServer();
  const line = 'anna 1.5 70.0 1612091235.1127 1612091235112730123';
  assert.deepEqual(await post(bench.server.url, line), { status: 200, text: 'ACK 1612091235112730123' });
});

test('line door: the same line twice, also within a body: ACK both times, stored once [P2] [S0.18] [S0.19] [S0.20]', async () => {
  await using bench = await testServer();
  const line = 'paul 2.0 64.1 1612091235112730000';
  await post(bench.server.url, line);
  const again = await post(bench.server.url, `${line}\n${line}\n`);
  assert.deepEqual(again, { status: 200, text: `ACK 1612091235112730000\nACK 1612091235112730000` });
  assert.equal(await contentOf(bench.store, 'sensors/paul'), `${line}\n`);
});

test('line door: the same time with other values, and a time before the last: new records [S0.25]', async () => {
  await using bench = await testServer();
  const lines = ['p 1 1612091235112730005', 'p 2 1612091235112730005', 'p 3 1612091235112730001'];
  const { status } = await post(bench.server.url, lines.join('\n'));
  assert.equal(status, 200);
  assert.equal(await contentOf(bench.store, 'sensors/p'), `${lines.join('\n')}\n`);
});

test('line door: each line is its own decision: the bad ones are NAKed by number, the good ones stored [C0.4]', async () => {
  await using bench = await testServer();
  const body = Buffer.concat([
    Buffer.from('p 1 1612091235112730000\n'),
    Buffer.from('\n'),
    Buffer.from('p 2 16120912351127\n'),
    Buffer.from('p 1612091235112730000\n'),
    Buffer.from('../../etc/x 1 1612091235112730000\n'),
    Buffer.from('a b  1612091235112730000\n'),
    Buffer.from([0xff, 0xfe, 0x0a]),
    Buffer.from('p 3 1612091235112730001'),
  ]);
  const { status, text } = await post(bench.server.url, body);
  assert.equal(status, 422);
  assert.deepEqual(text.split('\n'), [
    'ACK 1612091235112730000',
    'NAK 2 badLine',
    'NAK 3 badLine',
    'NAK 4 badLine',
    'NAK 5 badName',
    'NAK 6 badLine',
    'NAK 7 notUtf8',
    'ACK 1612091235112730001',
  ]);
  assert.equal(await contentOf(bench.store, 'sensors/p'), 'p 1 1612091235112730000\np 3 1612091235112730001\n');
});

test('line door: a line cut after any of its bytes: never acknowledged, never stored [P6]', async () => {
  await using bench = await testServer();
  const line = 'paul 2.0 64.1 1612091235112730000';
  for (let length = 1; length < line.length; length++) {
    const { status } = await post(bench.server.url, line.slice(0, length));
    assert.equal(status, 422, line.slice(0, length));
  }
  assert.equal(bench.store.health().appendedBatches, 0);
});

test('line door: an empty body, too many lines: refused, nothing stored [S0.22]', async () => {
  await using bench = await testServer();
  assert.equal((await post(bench.server.url, '')).status, 400);
  assert.equal((await post(bench.server.url, 'p 1 1612091235112730000\n'.repeat(101))).status, 413);
  assert.equal(bench.store.health().appendedBatches, 0);
});

test('line door: __proto__ and constructor: ordinary names, isolated [H6]', async () => {
  await using bench = await testServer();
  for (const name of ['__proto__', 'constructor']) {
    assert.equal((await post(bench.server.url, `${name} 1 1612091235112730000`)).status, 200);
    assert.equal(await contentOf(bench.store, `sensors/${name}`), `${name} 1 1612091235112730000\n`);
  }
});

test('line door: 1,000 requests on kept connections from one start [S0.28]', async () => {
  await using bench = await testServer();
  for (let index = 0; index < 1_000; index++) {
    const time = `1612091235112730${String(index).padStart(3, '0')}`;
    assert.deepEqual(await post(bench.server.url, `p 1 ${time}`), { status: 200, text: `ACK ${time}` });
  }
});
