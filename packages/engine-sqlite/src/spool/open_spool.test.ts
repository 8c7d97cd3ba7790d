import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openBatch, PacketboatError } from '@packetboat/core';
import { describeSpool, testLimits } from '@packetboat/core/testing';
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

describeSpool('openSpool', (context) => {
  let folder = testFolder(context);
  return {
    open: (options) => openTestSpool(folder, options),
    async crash(spool) {
      const image = crashImage(folder, testFolder(context));
      await spool.close();
      folder = image;
    },
  };
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

test('openSpool: two agents on one spool: the second is refused at once, naming role and folder [H37]', async (context) => {
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

test('openSpool: spool from the future version: refused, and not a byte of it is changed [H37]', async (context) => {
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
