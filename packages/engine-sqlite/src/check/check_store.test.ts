import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { defaultLimits, openBatch, sealBatch, type Store } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { VirtualWorld } from '@packetboat/core/testing';
import { blobPath, blobsFolder } from '../blobs/file_blobs.ts';
import { lockFolder } from '../folder_lock.ts';
import { databasePath } from '../store/database.ts';
import { decodeSegmentRow, encodeSegmentRow } from '../store/segment_row.ts';
import { SqliteTx } from '../store/sqlite_tx.ts';
import { tables } from '../store/tables.ts';
import { openStore } from '../store/open_store.ts';
import type { CheckReport } from './check_report.ts';
import { checkStore } from './check_store.ts';

const world = nodeWorld;
const chance = new VirtualWorld(38).world.random;
let root: string;
let sound: string;
let blob: string;

/** Appends `count` records of producer `id` as sequence `sequence`. */
async function append(store: Store, stream: string, id: string, sequence: number, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, index) => ({
    timeNs: 1n,
    bytes: Buffer.from(`${stream} ${sequence} ${index};`),
  }));
  const bytes = sealBatch({ records, producer: { id, epoch: 0, sequence } }, world.crc32);
  const batch = openBatch(bytes, 0, world.crc32, defaultLimits);
  const outcome = await store.log.append({ stream, batch, create: {} });
  assert.equal(outcome.kind, 'appended');
}

async function* body(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(100_000, 'blob');
}

/** `store`, closed at the end of the block, so that a failing test does not keep its threads. */
function closing(store: Store): Store & AsyncDisposable {
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}

/** A stopped store with streams of every kind: long, trimmed, closed, empty, deleted and made again. */
async function makeStore(folder: string): Promise<string> {
  await using store = closing(await openStore({ folder, world, ballastBytes: 0 }));
  for (let sequence = 0; sequence < 40; sequence++) {
    await append(store, 'sensors/paul', 'anna', sequence, 1);
    await append(store, 'sensors/paul', 'paul', sequence, 1);
  }
  for (let sequence = 0; sequence < 10; sequence++) {
    await append(store, 'long', 'paul', sequence, 20);
    await append(store, 'trimmed', 'paul', sequence, 5);
    await append(store, 'again', 'paul', sequence, 5);
  }
  await store.log.trim('trimmed', 30);
  await store.log.close('trimmed');
  await store.log.create('empty');
  await store.log.delete('again');
  await store.log.create('again');
  await append(store, 'again', 'anna', 0, 2);
  await makeForks(store);
  await store.map.put('cursor/long/x', Buffer.from('{}'));
  return (await store.blobs.put(body())).sha256;
}

/** Forks of a stream that goes on and is trimmed, and of one that is deleted; one of them cuts a batch, one is trimmed. */
async function makeForks(store: Store): Promise<void> {
  for (let sequence = 0; sequence < 4; sequence++) {
    await append(store, 'source', 'paul', sequence, 10);
    await append(store, 'soft', 'paul', sequence, 10);
  }
  await store.log.create('fork/cut', { fork: { stream: 'source', offset: 25, subOffset: 5 } });
  await append(store, 'fork/cut', 'paul', 0, 3);
  await store.log.create('fork/of/fork', { fork: { stream: 'fork/cut', offset: 12 } });
  await store.log.create('fork/soft', { fork: { stream: 'soft' } });
  await store.log.trim('fork/soft', 20);
  // One segment of two batches: the fork has a copy of the first, with the producer it does not remember.
  await Promise.all([append(store, 'source', 'anna', 0, 5), append(store, 'source', 'anna', 1, 5)]);
  await store.log.create('fork/copy', { fork: { stream: 'source', offset: 48 } });
  await append(store, 'source', 'paul', 4, 10);
  await store.log.trim('source', 30);
  await store.log.delete('soft');
}

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'packetboat-check-'));
  sound = join(root, 'sound');
  blob = await makeStore(sound);
});
after(() => rmSync(root, { recursive: true, force: true }));

/** A copy of the sound store, changed by `sql`. */
function tampered(name: string, sql = ''): string {
  const folder = join(root, name);
  cpSync(sound, folder, { recursive: true });
  const database = new DatabaseSync(databasePath(folder));
  database.exec(sql);
  database.close();
  return folder;
}

async function problemsOf(folder: string): Promise<string> {
  const report: CheckReport = await checkStore({ folder, world });
  assert.equal(report.ok, report.problems.length === 0);
  return report.problems.map(({ code, where, message }) => `${code}: ${where}: ${message}`).join('\n');
}

test('checkStore finds nothing wrong with a sound store, and says what it looked at', async () => {
  const progress: number[] = [];
  const original = readFileSync(databasePath(sound));
  const report = await checkStore({ folder: sound, world, onProgress: (done) => progress.push(done) });
  assert.deepEqual(report.problems, []);
  assert.equal(report.streams, 10);
  assert.equal(report.blobs, 1);
  assert.ok(report.records > 200 && report.segments >= 20 && report.bytes > report.records);
  assert.ok(progress.length > 0 && progress.every((done, index) => done >= (progress[index - 1] ?? 0)));
  assert.equal(Buffer.compare(readFileSync(databasePath(sound)), original), 0, 'nothing is changed');
});

test('checkStore refuses a folder without a store, and one that a server uses', async () => {
  await assert.rejects(checkStore({ folder: root, world }), { code: 'notFound' });
  const lock = lockFolder(sound, 'server');
  await assert.rejects(checkStore({ folder: sound, world }), { code: 'storeLocked' });
  lock.release();
});

/** The number of a stream, in SQL. */
function numberOf(stream: string): string {
  return `(SELECT json_extract(CAST(value AS TEXT), '$.number') FROM streams WHERE k0 = '${stream}')`;
}

for (const [name, sql, expected] of [
  ['a changed value', 'UPDATE segments SET value = zeroblob(200) WHERE k1 = 40', /segment 40.*checksum/],
  ['a missing segment', 'DELETE FROM segments WHERE k1 = 40', /segment 60: it does not continue the stream at 40/],
  ['a missing last segment', 'DELETE FROM segments WHERE k1 = 180', /"long", tail/],
  [
    'a missing segment that its source has trimmed and only forks need',
    `DELETE FROM segments WHERE k1 = 10 AND k0 = ${numberOf('source')}`,
    /"fork\/cut", segment 20: it does not continue the stream at 10$/,
  ],
  [
    'a changed value of a soft-deleted stream',
    `UPDATE segments SET value = zeroblob(200) WHERE k1 = 20 AND k0 = ${numberOf('soft')}`,
    /"fork\/soft", segment 20: its checksum does not match/,
  ],
  ['a missing producer', "DELETE FROM producers WHERE k1 = 'paul'", /producers: /],
  [
    'a missing stream',
    "DELETE FROM streams WHERE k0 = 'long'",
    /belongs to no stream[^]*the store counts|the store counts[^]*belongs to no stream/,
  ],
  ['a missing cursor', 'DELETE FROM map', /the store counts/],
  ['a missing identity', "DELETE FROM meta WHERE k0 = 'identity'", /identity/],
  ['a missing table', 'DROP TABLE keys', /store\.db.*tables/],
] as const) {
  test(`checkStore: damage: ${name} is named [F14]`, async () => {
    const problems = await problemsOf(tampered(name, sql));
    assert.match(problems, expected);
    assert.match(problems, /^damaged/);
  });
}

test('checkStore: damage: a segment whose sums are not those of its records is named, though its row is whole [P5]', async () => {
  const folder = tampered('sums');
  const database = new DatabaseSync(databasePath(folder));
  const tx = new SqliteTx(database, world.crc32, 'write');
  const key = [
    Number(
      database
        .prepare("SELECT json_extract(CAST(value AS TEXT), '$.number') AS number FROM streams WHERE k0 = 'long'")
        .get()?.['number'],
    ),
    180,
  ];
  const row = tx.get(tables.segments, key);
  assert.ok(row !== undefined);
  const { before: start, after: end, close, storedNs, bytes } = decodeSegmentRow(row);
  tx.begin();
  tx.put(
    tables.segments,
    key,
    encodeSegmentRow({ before: start, after: { ...end, checksum: end.checksum ^ 1 }, close, storedNs }, [bytes]),
  );
  assert.equal(tx.commit().kind, 'ok');
  database.close();
  assert.match(await problemsOf(folder), /segment 180: its batches lead to/);
});

test('checkStore: damage: a file that is no database is a finding, and the blobs are still looked at [F14]', async () => {
  const folder = tampered('no database');
  writeFileSync(databasePath(folder), Buffer.alloc(20_000, 'x'));
  const report = await checkStore({ folder, world });
  assert.deepEqual([report.ok, report.blobs], [false, 1]);
});

test('checkStore: damage: a blob with a flipped bit is named [F14]', async () => {
  const folder = tampered('blob');
  const path = blobPath(blobsFolder(folder), blob);
  assert.ok(path !== undefined);
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(5_000) ^ 1, 5_000);
  writeFileSync(path, bytes);
  assert.match(await problemsOf(folder), new RegExp(`damaged: blob ${blob}`));
});

test('checkStore: a committed tail that vanished is told by the second witness [F15]', async () => {
  const folder = join(root, 'crashed');
  const live = join(root, 'live');
  await using store = closing(await openStore({ folder: live, world, ballastBytes: 0 }));
  await append(store, 'long', 'paul', 0, 3);
  await append(store, 'long', 'paul', 1, 3);
  cpSync(live, folder, { recursive: true, filter: (path) => !path.endsWith('.lock') });
  assert.equal(await problemsOf(folder), '', 'an unclean end is no problem');
  const log = readFileSync(join(folder, 'store.db-wal'));
  const torn = join(root, 'torn');
  cpSync(folder, torn, { recursive: true });
  rmSync(join(torn, 'store.db-shm'), { force: true });
  writeFileSync(join(torn, 'store.db-wal'), log.subarray(0, log.length - 5_000));
  assert.match(await problemsOf(torn), /dataLossDetected: long/);
});

test('checkStore: random flipped bits are found, unless they hit what holds nothing [F14]', async () => {
  const folder = tampered('flipped');
  const whole = readFileSync(databasePath(folder));
  let found = 0;
  for (let round = 0; round < 40; round++) {
    const bytes = Buffer.from(whole);
    const at = Math.floor(chance.fraction() * bytes.length);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << Math.floor(chance.fraction() * 8)), at);
    for (const name of readdirSync(folder)) if (/-(wal|shm)$/.test(name)) rmSync(join(folder, name));
    writeFileSync(databasePath(folder), bytes);
    const report = await checkStore({ folder, world }).catch((error: Error & { code?: string }) => error.code);
    if (typeof report === 'string') assert.equal(report, 'storeVersion');
    else if (report !== undefined && !report.ok) found += 1;
  }
  assert.ok(found > 0);
});
