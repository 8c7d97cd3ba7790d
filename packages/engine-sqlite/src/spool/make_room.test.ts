import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Gap, RecordInput } from '@packetboat/core';
import { assertAccounted, drain, openTestSpool, sampleNumber, samples, testFolder } from './testing/spool_fixture.ts';

/** What a sample of `samples(…, 60)` takes in the spool. */
const sampleCost = 100;

test('openSpool block: a put that does not fit is refused and numbers nothing, and fits after a drain [H37]', async (context) => {
  const spool = await openTestSpool(testFolder(context), { bytesMax: 10 * sampleCost, whenFull: 'block' });
  await spool.put(samples(0, 8, 60));
  await assert.rejects(spool.put(samples(8, 3, 60)), { code: 'spoolFull', message: /800 of 1000/ });
  assert.equal(await spool.put(samples(8, 2, 60)), 8);
  const delivery = await drain(spool);
  assertAccounted(delivery, 10);
  assert.equal(delivery.gaps.length, 0);
  assert.equal(await spool.put(samples(10, 10, 60)), 10);
  await spool.close();
});

test('openSpool block: of a burst, those that fit are taken', async (context) => {
  const spool = await openTestSpool(testFolder(context), { bytesMax: 10 * sampleCost, whenFull: 'block' });
  const results = await Promise.allSettled([
    spool.put(samples(0, 6, 60)),
    spool.put(samples(6, 6, 60)),
    spool.put(samples(6, 4, 60)),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assertAccounted(await drain(spool), 10);
  await spool.close();
});

test('openSpool gap: the oldest samples give way to one gap that grows [P6] [P7] [F10] [H37]', async (context) => {
  const bytesMax = 20 * sampleCost;
  const spool = await openTestSpool(testFolder(context), { bytesMax, whenFull: 'gap' });
  for (let first = 0; first < 100; first++) {
    await spool.put(samples(first, 1, 60));
    assert.ok((await spool.status()).waitingBytes <= bytesMax);
  }
  const { lost, waiting } = await spool.status();
  assert.equal(waiting, 100);
  const delivery = await drain(spool);
  assertAccounted(delivery, 100);
  assert.deepEqual(delivery.gaps, [{ from: 0, to: lost - 1, count: lost, reason: 'spoolFull' } satisfies Gap]);
  assert.ok(delivery.records.length >= 15, 'no more than needed is dropped');
  await spool.close();
});

test('openSpool gap: what is sealed is never touched, and sent again bit-identical', async (context) => {
  const spool = await openTestSpool(testFolder(context), { bytesMax: 20 * sampleCost, whenFull: 'gap' });
  await spool.put(samples(0, 20, 60));
  const sealed = await spool.seal(600);
  await spool.put(samples(20, 40, 60).slice(0, 19));
  await spool.put(samples(39, 10, 60));
  for await (const batch of spool.unacknowledged()) assert.deepEqual(batch, sealed);
  assertAccounted(await drain(spool), 49);
  await spool.close();
});

test('openSpool gap: when sealed batches fill it, new samples are told as lost at once', async (context) => {
  const spool = await openTestSpool(testFolder(context), { bytesMax: 20 * sampleCost, whenFull: 'gap' });
  await spool.put(samples(0, 20, 60));
  await spool.seal(10_000);
  await spool.put(samples(20, 19, 60));
  const delivery = await drain(spool);
  assertAccounted(delivery, 39);
  assert.equal(delivery.gaps.length, 1);
  await spool.close();
});

for (const whenFull of ['block', 'gap', 'degrade'] as const) {
  test(`openSpool ${whenFull}: a single put larger than the bound is refused`, async (context) => {
    const spool = await openTestSpool(testFolder(context), { bytesMax: 1_000, whenFull });
    await assert.rejects(spool.put(samples(0, 11, 60)), { code: 'spoolFull' });
    assert.equal(await spool.put(samples(0, 10, 60)), 0);
    await spool.close();
  });
}

test('openSpool degrade: the oldest are made coarser by the function given, and gaps count the rest [P6]', async (context) => {
  const bytesMax = 300 * sampleCost;
  const buckets: number[] = [];
  const coarsen = (records: readonly RecordInput[]): RecordInput => {
    buckets.push(records.length);
    const first = records[0];
    const last = records.at(-1);
    assert.ok(first !== undefined && last !== undefined);
    return { timeNs: last.timeNs, bytes: first.bytes };
  };
  const spool = await openTestSpool(testFolder(context), { bytesMax, whenFull: 'degrade', coarsen });
  for (let first = 0; first < 500; first += 5) await spool.put(samples(first, 5, 60));
  const { lost, waitingBytes } = await spool.status();
  assert.ok(waitingBytes <= bytesMax);
  assert.ok(lost > 0 && buckets.length > 0);
  const delivery = await drain(spool);
  assert.equal(delivery.records.length + lost, 500);
  assert.ok(delivery.gaps.every((gap) => gap.reason === 'degraded'));
  assert.equal(
    delivery.gaps.reduce((sum, gap) => sum + gap.count, 0),
    lost,
  );
  const [first, second] = delivery.records.map((record) => sampleNumber(record.bytes));
  assert.deepEqual([first, second], [0, 8], 'the oldest stand for eight samples each');
  assert.equal(sampleNumber(delivery.records.at(-1)?.bytes ?? new Uint8Array(0)), 499, 'the newest are as they were');
  await spool.close();
});

test('openSpool degrade: far beyond the bound, the oldest are dropped, and the rest reaches far back [P6] [P7]', async (context) => {
  const bytesMax = 600 * sampleCost;
  const spool = await openTestSpool(testFolder(context), { bytesMax, whenFull: 'degrade' });
  const produced = 100_000;
  for (let first = 0; first < produced; first += 50) await spool.put(samples(first, 50, 60));
  const { lost, waitingBytes } = await spool.status();
  assert.ok(waitingBytes <= bytesMax);
  const delivery = await drain(spool);
  assert.equal(delivery.records.length + lost, produced);
  assert.equal(delivery.records.length + delivery.gaps.reduce((sum, gap) => sum + gap.count, 0), produced);
  assert.equal(delivery.gaps[0]?.reason, 'spoolFull');
  assert.ok(delivery.gaps.slice(1).every((gap) => gap.reason === 'degraded'));
  const numbers = delivery.records.map((record) => sampleNumber(record.bytes));
  assert.deepEqual(
    numbers,
    numbers.toSorted((left, right) => left - right),
  );
  const reach = produced - (numbers[0] ?? produced);
  assert.ok(reach > 600 * 20, `keeps a picture of ${reach} samples in the room of 600`);
  await spool.close();
});

test('openSpool degrade: a function that throws stores nothing of that put', async (context) => {
  const spool = await openTestSpool(testFolder(context), {
    bytesMax: 100 * sampleCost,
    whenFull: 'degrade',
    coarsen: () => {
      throw new Error('cannot average words');
    },
  });
  await spool.put(samples(0, 100, 60));
  await assert.rejects(spool.put(samples(100, 1, 60)), { message: 'cannot average words' });
  assertAccounted(await drain(spool), 100);
  await spool.close();
});
