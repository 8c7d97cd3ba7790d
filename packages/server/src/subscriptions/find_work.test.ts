import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBatch, type ProducerPosition, sealBatch } from '@packetboat/core';
import { testBroker } from '../testing/test_broker.ts';
import { findWork, lookBackMax } from './find_work.ts';
import { StreamWatch } from './stream_watch.ts';
import { wakeProducer } from './wake_batch.ts';

/** A store with one stream that wakes are written to. */
function wakeStream() {
  const { broker, virtual, limits, settle, store } = testBroker();
  const { crc32 } = virtual.world;
  const watch = new StreamWatch(crc32);
  watch.addWakeStream('pool');
  const append = async (stream: string, count: number, producer?: ProducerPosition) => {
    const records = Array.from({ length: count }, () => ({ timeNs: 1n, bytes: Buffer.from('1') }));
    const batch = openBatch(sealBatch({ records, ...(producer && { producer }) }, crc32), 0, crc32, limits);
    const appending = broker.append({ stream, batch, create: {} });
    await settle();
    assert.equal((await appending).kind, 'appended');
  };
  let generation = 0;
  return {
    store,
    byHand: (count: number, stream = 'pool') => append(stream, count),
    wakes: (count: number) => append('pool', count, wakeProducer('0123456789abcdef', ++generation)),
    found: async (stream = 'pool') => {
      const info = await store.log.info(stream);
      return findWork(broker, watch, typeof info === 'string' ? assert.fail(info) : info);
    },
  };
}

test('findWork finds the end of the last record that no wake wrote, however many wakes follow it', async () => {
  const { byHand, wakes, found } = wakeStream();
  await wakes(1);
  assert.equal(await found(), 0);
  await byHand(2);
  await wakes(3);
  assert.equal(await found(), 3);
  for (let round = 0; round < 4; round++) await wakes(200);
  assert.equal(await found(), 3);
  await byHand(1);
  assert.equal(await found(), 807);
});

test('findWork takes all records for work where no wakes are written', async () => {
  const { byHand, found } = wakeStream();
  await byHand(3, 'orders');
  assert.equal(await found('orders'), 3);
});

test('findWork looks back only so far, and takes what stands before that for work [P7]', async (t) => {
  const { store, wakes, found } = wakeStream();
  for (let count = 0; count < lookBackMax; count += 256) await wakes(256);
  assert.equal(await found(), 0);
  await wakes(256);
  const reading = t.mock.method(store.log, 'read');
  assert.equal(await found(), 256);
  assert(reading.mock.callCount() <= lookBackMax / 256);
});

test('findWork finds no work in what was trimmed, and takes for work what it cannot read', async (t) => {
  const { store, byHand, wakes, found } = wakeStream();
  await byHand(1);
  await wakes(1);
  await store.log.trim('pool', 1);
  assert.equal(await found(), 0);
  t.mock.method(store.log, 'read', async () => ({ kind: 'gone' }));
  assert.equal(await found(), 2);
});
