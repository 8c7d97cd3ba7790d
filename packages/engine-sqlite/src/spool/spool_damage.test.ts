import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { PacketboatError, type Spool } from '@packetboat/core';
import { VirtualWorld } from '@packetboat/core/testing';
import {
  assertAccounted,
  crashImage,
  type Delivery,
  drain,
  openTestSpool,
  sampleNumber,
  samples,
  testFolder,
} from './testing/spool_fixture.ts';
import { spoolPath } from './spool_database.ts';

const chance = new VirtualWorld(14).world.random;
const pageBytes = 4_096;

function below(bound: number): number {
  return Math.floor(chance.fraction() * bound);
}

/** Changes the closed spool in `folder` behind its back. */
function tamper(folder: string, sql: string): void {
  const database = new DatabaseSync(spoolPath(folder));
  database.exec(sql);
  database.close();
}

/** A closed spool of 60 samples, of which one batch is sealed. */
async function filledSpool(folder: string): Promise<void> {
  const spool = await openTestSpool(folder);
  await spool.put(samples(0, 60, 100));
  await spool.seal(1_500);
  await spool.close();
}

/** Opens and drains the spool in `folder`, or returns the code of its refusal. */
async function drainOrRefusal(folder: string): Promise<Delivery | string> {
  let spool: Spool | undefined;
  try {
    spool = await openTestSpool(folder);
    return await drain(spool);
  } catch (error) {
    assert.ok(error instanceof PacketboatError, String(error));
    return error.code;
  } finally {
    await spool?.close();
  }
}

for (const [what, sql] of [
  ['payload', `bytes = CAST('sample 3x' AS BLOB)`],
  ['type of the payload', 'bytes = CAST(zeroblob(9) AS BLOB)'],
  ['time', 'time_ns = time_ns + 1'],
  ['kind', 'kind = 1'],
  ['CRC', 'crc = crc + 1'],
] as const) {
  test(`openSpool: flipped bit in the middle: ${what}: that sample is set aside and told, all others arrive [F14] [H37]`, async (context) => {
    const folder = testFolder(context);
    await filledSpool(folder);
    tamper(folder, `UPDATE samples SET ${sql} WHERE number = 37`);
    const spool = await openTestSpool(folder);
    const delivery = await drain(spool);
    assertAccounted(delivery, 60);
    assert.deepEqual(delivery.gaps, [{ from: 37, to: 37, count: 1, reason: 'damaged' }]);
    const { quarantined, lost, waiting } = await spool.status();
    assert.deepEqual({ quarantined, lost, waiting }, { quarantined: 1, lost: 0, waiting: 0 });
    await spool.close();
    const database = new DatabaseSync(spoolPath(folder));
    assert.equal(database.prepare('SELECT number FROM quarantine').get()?.['number'], 37);
    database.close();
  });
}

test('openSpool: rows that vanished are told as a gap, also the last [F10] [F14]', async (context) => {
  const folder = testFolder(context);
  await filledSpool(folder);
  tamper(folder, 'DELETE FROM samples WHERE number BETWEEN 20 AND 25 OR number = 59');
  const delivery = await drainOrRefusal(folder);
  assert.ok(typeof delivery !== 'string');
  assertAccounted(delivery, 60);
  assert.deepEqual(
    delivery.gaps.map((gap) => [gap.from, gap.to, gap.reason]),
    [
      [20, 25, 'damaged'],
      [59, 59, 'damaged'],
    ],
  );
});

test('openSpool: a damaged sealed batch is sent as a gap under its sequence, and count and checksum fit [F14]', async (context) => {
  const folder = testFolder(context);
  const spool = await openTestSpool(folder);
  await spool.put(samples(0, 60, 100));
  for (let index = 0; index < 4; index++) await spool.seal(1_000);
  await spool.close();
  tamper(folder, 'UPDATE batches SET bytes = zeroblob(length(bytes)) WHERE sequence IN (1, 2)');

  const again = await openTestSpool(folder);
  const sequences: number[] = [];
  for await (const { sequence } of again.unacknowledged()) sequences.push(sequence);
  assert.deepEqual(sequences, [0, 1, 2, 3]);
  const delivery = await drain(again);
  assertAccounted(delivery, 60);
  assert.deepEqual(
    delivery.gaps.map((gap) => gap.reason),
    ['damaged', 'damaged'],
  );
  const status = await again.status();
  assert.equal(status.quarantined, delivery.gaps[0]?.count === undefined ? 0 : delivery.gaps[0].count * 2);
  assert.equal(status.sealedCount, delivery.order.length);
  assert.equal(status.waitingBytes, 0);
  const crc32 = new VirtualWorld().world.crc32;
  let checksum = 0;
  let record = 0;
  for (const item of delivery.order) {
    const bytes =
      typeof item === 'number' ? delivery.records[record++]?.bytes : new TextEncoder().encode(JSON.stringify(item));
    checksum = crc32(bytes ?? new Uint8Array(0), checksum);
  }
  assert.equal(status.sealedChecksum, checksum);
  await again.close();
});

test('openSpool: damage to what everything hangs on is refused by name, and nothing is deleted [F14] [H37]', async (context) => {
  for (const sql of [
    `UPDATE state SET text = replace(text, '"produced":60', '"produced":61')`,
    'DELETE FROM state',
    'UPDATE batches SET samples_to = samples_to + 1',
    'DELETE FROM batches',
    'DROP TABLE samples',
  ]) {
    const folder = testFolder(context);
    await filledSpool(folder);
    tamper(folder, sql);
    const before = readFileSync(spoolPath(folder));
    assert.equal(await drainOrRefusal(folder), 'damaged', sql);
    assert.equal(Buffer.compare(readFileSync(spoolPath(folder)), before), 0, sql);
  }
});

test('openSpool: random flipped bits, zeroed pages and cuts: refused by name, or every sample right or told [F5] [F14]', async (context) => {
  const original = testFolder(context);
  await filledSpool(original);
  const whole = readFileSync(spoolPath(original));
  const folder = testFolder(context);
  const outcomes = new Map<string, number>();
  for (let round = 0; round < 150; round++) {
    const bytes = Buffer.from(whole);
    if (round < whole.length / pageBytes) bytes.fill(0, round * pageBytes, (round + 1) * pageBytes);
    else bytes.writeUInt8(0, below(bytes.length));
    if (round % 2 === 1) {
      const at = below(bytes.length);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << below(8)), at);
    }
    writeFileSync(spoolPath(folder), bytes);
    if (round % 10 === 9) truncateSync(spoolPath(folder), below(bytes.length));
    const result = await drainOrRefusal(folder);
    if (typeof result !== 'string') assertAccounted(result, 60);
    const outcome = typeof result === 'string' ? result : result.gaps.length === 0 ? 'whole' : 'gap';
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  assert.deepEqual([...outcomes.keys()].toSorted(), ['damaged', 'gap', 'whole']);
});

test('openSpool: torn tail: a log cut anywhere loses only what lay behind the cut [F5] [H37]', async (context) => {
  const folder = testFolder(context);
  const spool = await openTestSpool(folder);
  for (let first = 0; first < 40; first += 2) await spool.put(samples(first, 2, 200));
  const image = crashImage(folder, testFolder(context));
  await spool.close();
  const log = readFileSync(`${spoolPath(image)}-wal`);
  let longest = 0;
  const torn = testFolder(context);
  for (let round = 0; round < 30; round++) {
    copyFileSync(spoolPath(image), spoolPath(torn));
    writeFileSync(`${spoolPath(torn)}-wal`, log.subarray(0, round === 0 ? log.length : below(log.length)));
    const again = await openTestSpool(torn);
    const { produced } = await again.status();
    await again.put(samples(produced, 1));
    const delivery = await drain(again);
    assertAccounted(delivery, produced + 1);
    assert.equal(delivery.gaps.length, 0);
    longest = Math.max(longest, ...delivery.records.map((record) => sampleNumber(record.bytes)));
    await again.close();
  }
  assert.equal(longest, 40);
});
