/** Producers and readers of the SDK across the server's death and a link that is cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as oneTurn } from 'node:timers/promises';
import type { Client, Producer, Reader } from '@packetboat/client';
import { start } from './started.ts';

const decoder = new TextDecoder();

/** Publishes the numbers `from` … `to` − 1, waiting for room only. */
async function publishNumbers(producer: Producer, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++) {
    await producer.ready();
    void producer.publish(`${number}`);
    // Many batches, so that there is something between two cuts.
    if (number % 10 === 9) await Promise.resolve();
  }
}

/** Reads numbers until `last`, and calls `each` after every record. */
async function readNumbers(reader: Reader, last: number, each: (number: number) => void): Promise<number[]> {
  const numbers: number[] = [];
  for await (const record of reader) {
    assert.equal(record.offset, numbers.length, 'offsets are dense');
    numbers.push(Number(decoder.decode(record.bytes)));
    each(numbers.length);
    if (numbers.length > last) break;
  }
  return numbers;
}

const count = 3_000;
const all = Array.from({ length: count }, (_, number) => number);

async function equalAtTheEnd(client: Client, stream: string, position: Reader['position']): Promise<void> {
  const { tail, checksum } = await client.streams.info(stream);
  assert.deepEqual(position, { offset: tail, checksum });
}

test('SDK: server: kill -9 under a producer and a reader: each record arrives once, in order [P1] [P2] [P3] [P4]', async () => {
  await using started = await start();
  const client = await started.client();
  const producer = await client.producer('numbers', { id: 'one', create: true });
  const reader = client.read('numbers');
  const killed = Promise.withResolvers<void>();
  const reading = readNumbers(reader, count - 1, (got) => {
    if (got === count / 3) killed.resolve(started.kill());
  });
  await publishNumbers(producer, 0, count / 3);
  await producer.flush();
  const publishing = publishNumbers(producer, count / 3, count);
  await killed.promise;
  await started.restart();
  await publishing;
  await producer.flush();
  assert.deepEqual(await reading, all);
  await equalAtTheEnd(client, 'numbers', reader.position);
});

test('SDK: link: cut again and again under a producer and a reader: each record arrives once, in order [P2] [P3] [P4] [F11]', async () => {
  await using started = await start();
  const proxy = await started.proxy();
  const client = await started.client({ url: proxy.url });
  const producer = await client.producer('numbers', { create: true });
  const reader = client.read('numbers');
  const reading = readNumbers(reader, count - 1, (got) => {
    if (got % 500 === 250) proxy.cut(got % 1_000 === 250 ? 'reset' : 'fin');
  });
  for (let from = 0; from < count; from += 100) {
    await publishNumbers(producer, from, from + 100);
    await producer.flush();
  }
  assert.deepEqual(await reading, all);
  await equalAtTheEnd(client, 'numbers', reader.position);
  // Six cuts are asked for; some may find the link down already.
  assert.ok(proxy.counters.connections >= 3, `${proxy.counters.connections} connections`);
});

test('SDK: receipts lost on the way back: the producer sends again, each record is stored once [P2] [A0.3]', async () => {
  await using started = await start();
  const proxy = await started.proxy();
  const client = await started.client({ url: proxy.url });
  const direct = await started.client();
  const producer = await client.producer('numbers', { create: true });
  const deaf = proxy.add({ fault: 'timeout' }, { direction: 'down' });
  const published = [1, 2, 3].map((number) => producer.publish(`${number}`));
  while (proxy.counters.swallowedBytes.down === 0) await oneTurn();
  assert.equal((await direct.streams.info('numbers')).tail, 3);
  await proxy.remove(deaf); // the link that lost bytes is cut
  const receipts = await Promise.all(published);
  assert.ok(receipts.every(({ duplicate, proof }) => duplicate && proof.offset === 3));
  assert.equal((await direct.streams.info('numbers')).tail, 3);
});

test('SDK: cursor: reader and server die: the next reader goes on behind the last commit [P4] [I5]', async () => {
  await using started = await start();
  const writer = await started.client();
  const producer = await writer.producer('numbers', { create: true });
  await publishNumbers(producer, 0, 100);
  await producer.flush();

  const seen: number[] = [];
  for (const stopAt of [30, 100]) {
    const client = await started.client();
    const reader = client.read('numbers', { cursor: 'worker', untilCaughtUp: true });
    for await (const record of reader) {
      seen.push(record.offset);
      await reader.commit();
      if (seen.length === stopAt) break;
    }
    await client.close();
    if (stopAt === 100) break;
    await started.kill();
    await started.restart();
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 100 }, (_, offset) => offset),
  );
  assert.equal((await writer.cursors.get('numbers', 'worker')).offset, 100);
});
