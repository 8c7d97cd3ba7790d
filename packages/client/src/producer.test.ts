import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchRecords, openBatches, type PacketboatError } from '@packetboat/core';
import { testLimits } from '@packetboat/core/testing';
import type { Client } from './client.ts';
import type { Producer, ProducerOptions } from './producer.ts';
import { producing, receipt, rejected } from './testing/scripted_answers.ts';
import { ScriptedServer } from './testing/scripted_server.ts';

interface Bench {
  readonly server: ScriptedServer;
  readonly client: Client;
  readonly producer: Producer;
}

async function opened(options: ProducerOptions = {}, sequence = 0, epoch = 0): Promise<Bench> {
  const server = new ScriptedServer();
  const client = await server.connected({ backoff: { firstMs: 10, capMs: 100 } });
  const opening = client.producer('s', { id: 'p', ...options });
  await server.virtual.advance(5);
  await server.say(producing(server, sequence, epoch));
  return { server, client, producer: await opening };
}

/** What was sent: the texts of each batch. */
function sent({ server }: Bench): string[][] {
  const decoder = new TextDecoder();
  return server.frames
    .flatMap(({ batches }) => openBatches(batches, server.virtual.world.crc32, testLimits()))
    .map((batch) => Array.from(batchRecords(batch), ({ bytes }) => decoder.decode(bytes)));
}

test('Producer seals what is published in one turn into one batch, which has one promise', async () => {
  const bench = await opened();
  const { server, producer } = bench;
  const receipts = ['a', 'b', 'c'].map((text) => producer.publish(text));
  assert.equal(new Set(receipts).size, 1);
  await server.virtual.advance(5);
  assert.deepEqual(sent(bench), [['a', 'b', 'c']]);
  await server.say(receipt(server, 0));
  assert.deepEqual(
    (await Promise.all(receipts)).map(({ sequence }) => sequence),
    [0, 0, 0],
  );
});

test('Producer gathers while a quarter of the window is on its way, and sends the rest when a receipt comes', async () => {
  const bench = await opened();
  const { server, producer } = bench;
  for (const text of ['a', 'b', 'c', 'd', 'e']) {
    void producer.publish(text);
    await server.virtual.advance(5);
  }
  assert.deepEqual(sent(bench), [['a'], ['b']], 'the window is 8 batches');
  await server.say(receipt(server, 0));
  assert.deepEqual(sent(bench), [['a'], ['b'], ['c', 'd', 'e']]);
});

test('Producer does not wait with batches that are full', async () => {
  const bench = await opened();
  const { server, producer } = bench;
  // Pieces of 16 KiB: four such records fill one.
  for (let count = 0; count < 24; count++) void producer.publish('x'.repeat(4_000));
  await server.virtual.advance(50);
  assert.deepEqual(
    sent(bench).map((batch) => batch.length),
    [4, 4, 4],
    'the link takes three before it hears of what arrived',
  );
  await server.say({
    type: 'received',
    bytes: server.frames.reduce((sum, { batches }) => sum + batches.length + 8, 0),
  });
  assert.equal(sent(bench).flat().length, 20, 'the last batch may still grow');
  await server.say(receipt(server, 4));
  assert.equal(sent(bench).flat().length, 24);
});

test('Producer keeps within its queue, says when half of it is free, and loses nothing [P7]', async () => {
  const bench = await opened({ queueBytesMax: 1_000 });
  const { server, producer } = bench;
  // One batch leaves in each turn, until a quarter of the window is on its way.
  for (const text of ['a', 'b']) {
    void producer.publish(text);
    await server.virtual.advance(5);
  }
  const outcomes = Array.from({ length: 20 }, () =>
    producer.publish('x'.repeat(88)).then(
      () => 'stored',
      (error: PacketboatError) => error.code,
    ),
  );
  let ready = false;
  const waiting = producer.ready().then(() => {
    ready = true;
  });
  const controller = new AbortController();
  const aborted = assert.rejects(producer.ready(controller.signal), { code: 'aborted' });
  await server.virtual.advance(100);
  controller.abort();
  await aborted;
  assert.equal(ready, false);
  await server.say(receipt(server, 1));
  await waiting;
  await producer.ready();
  await server.say(receipt(server, 2));
  const all = await Promise.all(outcomes);
  assert.deepEqual(
    all,
    all.map((_, index) => (index < 10 ? 'stored' : 'queueFull')),
  );
  assert.equal(sent(bench).flat().length, 12);
});

test('Producer refuses a record that is too large or has no time, and loses nothing else', async () => {
  const bench = await opened();
  const { server, producer } = bench;
  const before = producer.publish('before');
  await assert.rejects(producer.publish(new Uint8Array(4_097)), { code: 'tooLarge' });
  await assert.rejects(producer.publish('late', { timeNs: 2n ** 63n }), { code: 'badRequest' });
  const after = producer.publish('after', { timeNs: -(2n ** 63n) });
  await server.virtual.advance(5);
  assert.deepEqual(sent(bench).flat(), ['before', 'after']);
  await server.say(receipt(server, server.frames.length - 1));
  await Promise.all([before, after, producer.flush()]);
});

test('Producer refuses what is no record or no time, and loses nothing else', async () => {
  const bench = await opened();
  const { server, producer } = bench;
  const before = producer.publish('before');
  const odd: unknown[] = [
    new ArrayBuffer(4),
    new DataView(new ArrayBuffer(4)),
    new Uint16Array(2),
    [1],
    7,
    null,
    undefined,
  ];
  for (const data of odd) await assert.rejects(producer.publish(data as string), { code: 'badRequest' });
  for (const timeNs of [5, '5', Number.NaN] as unknown[]) {
    await assert.rejects(producer.publish('odd', { timeNs: timeNs as bigint }), { code: 'badRequest' });
  }
  const after = producer.publish(Buffer.from('after'));
  await server.virtual.advance(5);
  assert.deepEqual(sent(bench).flat(), ['before', 'after']);
  await server.say(receipt(server, server.frames.length - 1));
  await Promise.all([before, after, producer.flush()]);
});

test('Producer goes on where the server says, under the epoch given or the one it is given', async () => {
  const given = await opened({ epoch: 3 }, 5, 3);
  assert.equal(given.server.last('produce').epoch, 3);
  void given.producer.publish('x');
  await given.server.virtual.advance(5);
  const [frame] = given.server.frames;
  const [batch] = openBatches(frame?.batches ?? new Uint8Array(), given.server.virtual.world.crc32, testLimits());
  assert.deepEqual(batch?.producer, { id: 'p', epoch: 3, sequence: 5 });

  const next = await opened({}, 0, 8);
  assert.equal(next.server.last('produce').epoch, undefined);
  assert.equal(next.producer.epoch, 8);
  next.server.network.cut();
  await next.server.virtual.advance(500);
  assert.equal(next.server.last('produce').epoch, 8, 'the same life after a cut');
});

test('Producer has an id of its own unless it is given one', async () => {
  const server = new ScriptedServer();
  const client = await server.connected();
  void client.producer('s').catch(() => undefined);
  void client.producer('s').catch(() => undefined);
  await server.virtual.advance(5);
  const ids = server.heard.flatMap((message) => (message.type === 'produce' ? [message.producer] : []));
  assert.match(ids[0] ?? '', /^[0-9a-f]{32}$/);
  assert.notEqual(ids[0], ids[1]);
});

test('Producer.flush waits for all that was published before, sent or not', async () => {
  const { server, producer } = await opened();
  await producer.flush();
  for (const text of ['a', 'b', 'c']) {
    void producer.publish(text);
    await server.virtual.advance(5);
  }
  let flushed = false;
  const flushing = producer.flush().then(() => {
    flushed = true;
  });
  await server.say(receipt(server, 1));
  assert.equal(flushed, false, 'the third is on its way');
  await server.say(receipt(server, 2));
  await flushing;
  void producer.publish('d');
  const controller = new AbortController();
  const aborted = assert.rejects(producer.flush(controller.signal), { code: 'aborted' });
  controller.abort();
  await aborted;
});

test('Producer.close takes no more, waits for the receipts, and gives the channel back', async () => {
  const { server, client, producer } = await opened();
  const published = producer.publish('x');
  const closing = producer.close();
  await assert.rejects(producer.publish('y'), { code: 'aborted' });
  await assert.rejects(producer.ready(), { code: 'aborted' });
  await server.virtual.advance(100);
  assert.equal(server.count('finish'), 0);
  await server.say(receipt(server, 0));
  await Promise.all([published, closing, producer.close()]);
  await server.virtual.advance(5);
  assert.equal(server.count('finish'), 1);
  await server.farewell(client);
  assert.equal(server.virtual.pendingTimers, 0);
});

test('Producer is over after a final refusal: what is on its way, what waits and what comes is rejected with it', async () => {
  const { server, producer } = await opened();
  const published: Promise<unknown>[] = [];
  for (let count = 0; count < 5; count++) {
    published.push(assert.rejects(producer.publish('x'), { code: 'staleEpoch' }));
    await server.virtual.advance(5);
  }
  const flushing = assert.rejects(producer.flush(), { code: 'staleEpoch' });
  await server.say(rejected(server, 'staleEpoch'));
  await Promise.all([...published, flushing]);
  for (const late of [producer.publish('y'), producer.ready(), producer.flush(), producer.close()]) {
    await assert.rejects(late, { code: 'staleEpoch' });
  }
});

test('Producer rejects also what was published in the turn that ended it', async () => {
  const controller = new AbortController();
  const { server, producer } = await opened({ signal: controller.signal });
  const published = assert.rejects(producer.publish('x'), { code: 'aborted' });
  const flushing = assert.rejects(producer.flush(), { code: 'aborted' });
  controller.abort();
  await Promise.all([published, flushing]);
  await server.virtual.advance(5);
  assert.equal(server.frames.length, 0);
});

test('Producer.flush and close tell of what was dropped before it left, also behind an older success', async () => {
  for (const end of ['signal', 'client'] as const) {
    const controller = new AbortController();
    const { server, client, producer } = await opened({ signal: controller.signal });
    const before = producer.publish('before');
    await server.virtual.advance(5);
    await server.say(receipt(server, 0));
    await before;
    const lost = assert.rejects(producer.publish('lost'), { code: 'aborted' });
    if (end === 'signal') controller.abort();
    else await server.farewell(client);
    await lost;
    await assert.rejects(producer.flush(), { code: 'aborted' });
    await assert.rejects(producer.close(), { code: 'aborted' });
  }
});

test('Producer ends with an error, not with a crash, when the server counts beyond all numbers', async () => {
  const { server, producer } = await opened({ epoch: 0 }, Number.MAX_SAFE_INTEGER);
  const first = assert.rejects(producer.publish('x'), { code: 'badBatch' });
  await server.virtual.advance(5);
  const second = assert.rejects(producer.publish('y'), { code: 'badBatch' });
  await server.virtual.advance(5);
  await Promise.all([first, second]);
});
