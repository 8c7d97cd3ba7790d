import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openBatch, PacketboatError, type Spool, type SpooledBatch } from '@packetboat/core';
import { testLimits } from '@packetboat/core/testing';
import {
  assertAccounted,
  crashImage,
  drain,
  openTestSpool,
  samples,
  testFolder,
  world,
} from './testing/spool_fixture.ts';
import { spoolPath } from './spool_database.ts';

const limits = testLimits();

function diskBytes(folder: string): number {
  return statSync(spoolPath(folder)).size + statSync(`${spoolPath(folder)}-wal`).size;
}

async function unacknowledged(spool: Spool): Promise<SpooledBatch[]> {
  const batches: SpooledBatch[] = [];
  for await (const batch of spool.unacknowledged()) batches.push(batch);
  return batches;
}

test('openSpool numbers samples and delivers them once, in order', async (context) => {
  const spool = await openTestSpool(testFolder(context));
  assert.equal(await spool.put(samples(0, 3)), 0);
  assert.equal(await spool.put(samples(3, 2)), 3);
  assert.equal(await spool.put([]), 5);
  const { waiting, produced } = await spool.status();
  assert.deepEqual({ waiting, produced }, { waiting: 5, produced: 5 });
  const delivery = await drain(spool);
  assertAccounted(delivery, 5);
  assert.equal(await spool.seal(1_000), undefined);
  await spool.close();
});

test('openSpool keeps times exact to the nanosecond, and two records of the same time stay two [S0.9] [S0.10] [T1]', async (context) => {
  const spool = await openTestSpool(testFolder(context));
  const times = [
    1_612_091_235_112_730_001n,
    1_612_091_235_112_730_002n,
    1_612_091_235_112_730_002n,
    -1n,
    2n ** 63n - 1n,
  ];
  await spool.put(
    times.map((timeNs, index) => ({ ...samples(index, 1)[0], timeNs, bytes: Buffer.from(`sample ${index}`) })),
  );
  const delivery = await drain(spool);
  assert.deepEqual(
    delivery.records.map((record) => record.timeNs),
    times,
  );
  await spool.close();
});

test('openSpool: clock back one day: the order is that of the samples, not of their times', async (context) => {
  const spool = await openTestSpool(testFolder(context));
  const [first, second] = samples(0, 2);
  assert.ok(first !== undefined && second !== undefined);
  await spool.put([first]);
  await spool.put([{ ...second, timeNs: first.timeNs - 86_400_000_000_000n }]);
  assertAccounted(await drain(spool), 2);
  await spool.close();
});

test('openSpool refuses records over the limit and times over 64 bits, storing nothing of them', async (context) => {
  const spool = await openTestSpool(testFolder(context), { limits });
  const timeNs = 1n;
  await assert.rejects(spool.put([...samples(0, 1), { timeNs, bytes: new Uint8Array(limits.recordBytesMax + 1) }]), {
    code: 'tooLarge',
  });
  await assert.rejects(spool.put([{ timeNs: 2n ** 63n, bytes: new Uint8Array(1) }]), { code: 'badRequest' });
  await assert.rejects(spool.put([], 'm'.repeat(limits.mapValueBytesMax + 1)), { code: 'tooLarge' });
  assert.equal((await spool.status()).produced, 0);
  await spool.close();
});

test('openSpool puts many callers into few commits, each with its own numbers', async (context) => {
  const folder = testFolder(context);
  const spool = await openTestSpool(folder);
  const walBytes = (): number => statSync(`${spoolPath(folder)}-wal`).size;
  await spool.put(samples(0, 1));
  const lone = walBytes();
  const firsts = await Promise.all(Array.from({ length: 50 }, (_, index) => spool.put(samples(1 + index, 1))));
  assert.deepEqual(
    firsts,
    Array.from({ length: 50 }, (_, index) => index + 1),
  );
  assert.ok(walBytes() < lone * 4, 'fifty puts write about as many pages as one');
  assertAccounted(await drain(spool), 51);
  await spool.close();
});

test('openSpool takes each put of a burst larger than a commit, in order', async (context) => {
  const spool = await openTestSpool(testFolder(context), { limits });
  const burst = Array.from({ length: 60 }, (_, index) => spool.put(samples(index, 1, 4_000)));
  assert.deepEqual(
    await Promise.all(burst),
    Array.from({ length: 60 }, (_, index) => index),
  );
  await spool.close();
});

test('openSpool stores a mark with the records of its put, and alone', async (context) => {
  const folder = testFolder(context);
  const spool = await openTestSpool(folder, { bytesMax: 200 });
  assert.equal(await spool.mark(), undefined);
  await spool.put(samples(0, 1), 'file 1, byte 9');
  await spool.put(samples(1, 1));
  assert.equal(await spool.mark(), 'file 1, byte 9');
  await assert.rejects(spool.put(samples(2, 9), 'never'), { code: 'spoolFull' });
  await spool.put([], 'file 1, byte 12');
  await spool.close();
  const again = await openTestSpool(folder);
  assert.equal(await again.mark(), 'file 1, byte 12');
  await again.close();
});

test('openSpool seals batches within the size asked for, one record at least', async (context) => {
  const spool = await openTestSpool(testFolder(context));
  await spool.put(samples(0, 40));
  const small = await spool.seal(1);
  assert.ok(small !== undefined);
  assert.equal(openBatch(small.bytes, 0, world.crc32, limits).count, 1);
  const larger = await spool.seal(500);
  assert.ok(larger !== undefined && larger.bytes.length <= 500 && larger.bytes.length > 400);
  assert.deepEqual(openBatch(larger.bytes, 0, world.crc32, limits).producer, {
    id: (await spool.status()).producerId,
    epoch: 0,
    sequence: 1,
  });
  await spool.close();
});

test('openSpool sends sealed batches again bit-identical after a restart, and seals on behind them', async (context) => {
  const folder = testFolder(context);
  const spool = await openTestSpool(folder);
  await spool.put(samples(0, 60));
  const sealed = [await spool.seal(300), await spool.seal(300), await spool.seal(300)];
  const { producerId } = await spool.status();
  await spool.acknowledge(0);
  await spool.close();

  const again = await openTestSpool(folder);
  assert.deepEqual(await unacknowledged(again), sealed.slice(1));
  assert.equal((await again.status()).producerId, producerId);
  assert.equal((await again.seal(300))?.sequence, 3);
  await again.acknowledge(2);
  await again.acknowledge(1);
  assert.deepEqual(
    (await unacknowledged(again)).map((batch) => batch.sequence),
    [3],
  );
  await again.close();
});

test('openSpool goes on behind what is acknowledged while it yields what is not', async (context) => {
  const spool = await openTestSpool(testFolder(context));
  await spool.put(samples(0, 60));
  for (let index = 0; index < 4; index++) await spool.seal(300);
  const seen: number[] = [];
  for await (const { sequence } of spool.unacknowledged()) {
    seen.push(sequence);
    if (sequence === 0) await spool.acknowledge(2);
  }
  assert.deepEqual(seen, [0, 3]);
  await spool.close();
});

test('openSpool counts and sums what it sealed as the stream will hold it', async (context) => {
  const spool = await openTestSpool(testFolder(context));
  await spool.put(samples(0, 20));
  const delivery = await drain(spool, 300);
  const status = await spool.status();
  assert.equal(status.sealedCount, 20);
  assert.equal(status.sealedChecksum, world.crc32(Buffer.concat(delivery.records.map((record) => record.bytes))));
  assert.deepEqual([status.acknowledged, status.waiting, status.waitingBytes], [20, 0, 0]);
  await spool.close();
});

test('openSpool names an acknowledgement of what it never sealed: it is an old copy [F15]', async (context) => {
  const spool = await openTestSpool(testFolder(context));
  await spool.put(samples(0, 1));
  await spool.seal(1_000);
  await assert.rejects(spool.acknowledge(1), { code: 'dataLossDetected' });
  await spool.acknowledge(0);
  await spool.close();
});

test('openSpool wait settles when something waits, at once or when it is put in, and ends with its signal', async (context) => {
  const spool = await openTestSpool(testFolder(context));
  const first = spool.wait();
  const second = spool.wait();
  await spool.put(samples(0, 1));
  await Promise.all([first, second, spool.wait()]);
  await drain(spool);
  const abort = new AbortController();
  const aborted = assert.rejects(spool.wait(abort.signal), { code: 'aborted' });
  abort.abort();
  await aborted;
  const closed = assert.rejects(spool.wait(), { code: 'aborted' });
  await spool.close();
  await closed;
  await assert.rejects(spool.put(samples(1, 1)), { code: 'aborted' });
});

test('openSpool: kill -9: whatever was put in is there, and sealed batches are the same bytes [F9] [F12]', async (context) => {
  const folder = testFolder(context);
  const spool = await openTestSpool(folder);
  await spool.put(samples(0, 10));
  const sealed = await spool.seal(200);
  await spool.put(samples(10, 10));
  const image = await openTestSpool(crashImage(folder, testFolder(context)));
  assert.deepEqual(await unacknowledged(image), [sealed]);
  assertAccounted(await drain(image), 20);
  await image.close();
  await spool.close();
});

test('openSpool: two agents on one spool: the second is refused at once, naming role and folder', async (context) => {
  const folder = testFolder(context);
  const spool = await openTestSpool(folder);
  for (const role of ['agent', 'sensor', 'shipper'] as const) {
    await assert.rejects(openTestSpool(folder, { role }), { code: 'storeLocked', message: new RegExp(folder) });
  }
  await spool.close();
  const sensor = await openTestSpool(folder, { role: 'sensor' });
  await assert.rejects(openTestSpool(folder), { code: 'storeLocked', message: /sensor/ });
  const shipper = await openTestSpool(folder, { role: 'shipper' });
  await sensor.close();
  await shipper.close();
});

test('openSpool refuses to feed another stream than the one it was made for', async (context) => {
  const folder = testFolder(context);
  await (await openTestSpool(folder)).close();
  await assert.rejects(openTestSpool(folder, { stream: 'sensors/anna' }), {
    code: 'badRequest',
    message: /sensors\/paul/,
  });
});

test('openSpool: spool from the future version: refused, and not a byte of it is changed', async (context) => {
  const folder = testFolder(context);
  await (await openTestSpool(folder)).close();
  const database = new DatabaseSync(spoolPath(folder));
  database.exec('PRAGMA user_version = 2');
  database.close();
  await assert.rejects(openTestSpool(folder), { code: 'storeVersion', message: /format 2/ });
  assert.deepEqual(
    readdirSync(folder).filter((name) => !name.endsWith('.lock')),
    ['spool.db'],
  );
});

test('openSpool: emptied, foreign or missing file: refused as damaged, and nothing is deleted [F5] [F14]', async (context) => {
  const folder = testFolder(context);
  for (const content of ['', 'this is no database, but long enough to be one, '.repeat(100)]) {
    writeFileSync(spoolPath(folder), content);
    await assert.rejects(openTestSpool(folder), { code: 'damaged' });
    assert.equal(statSync(spoolPath(folder)).size, content.length);
  }
  rmSync(spoolPath(folder));
  writeFileSync(`${spoolPath(folder)}-wal`, 'a log without its database');
  await assert.rejects(openTestSpool(folder), { code: 'damaged', message: /missing/ });
  assert.ok(!existsSync(spoolPath(folder)));
});

test('openSpool names a folder that cannot be made', async (context) => {
  const folder = testFolder(context);
  writeFileSync(join(folder, 'file'), '');
  await assert.rejects(openTestSpool(join(folder, 'file', 'spool')), (error) => {
    assert.ok(error instanceof PacketboatError);
    assert.equal(error.code, 'storeFailed');
    return true;
  });
});

test('openSpool: drain: 100,000 samples leave with one batch in hand at a time, and the file shrinks [F12] [S0.15]', async (context) => {
  const folder = testFolder(context);
  const spool = await openTestSpool(folder);
  for (let first = 0; first < 100_000; first += 5_000) await spool.put(samples(first, 5_000, 40));
  const full = diskBytes(folder);
  assert.ok(full > 6_000_000);
  let delivered = 0;
  for (let batch = await spool.seal(65_536); batch !== undefined; batch = await spool.seal(65_536)) {
    assert.ok(batch.bytes.length <= 65_536);
    delivered += openBatch(batch.bytes, 0, world.crc32, {
      ...limits,
      batchRecordsMax: 65_536,
      batchBytesMax: 65_536,
    }).count;
    await spool.acknowledge(batch.sequence);
  }
  assert.equal(delivered, 100_000);
  assert.equal((await spool.status()).waitingBytes, 0);
  assert.ok(diskBytes(folder) < 1_500_000, 'space is given back');
  await spool.close();
});
