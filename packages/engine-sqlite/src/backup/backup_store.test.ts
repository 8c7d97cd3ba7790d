import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type AppendOutcome, defaultLimits, openBatch, type Proof, sealBatch, type Store } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { blobPath, blobsFolder } from '../blobs/file_blobs.ts';
import { checkStore } from '../check/check_store.ts';
import { databasePath } from '../store/database.ts';
import { openStore } from '../store/open_store.ts';
import { backupStore } from './backup_store.ts';
import { restoreStore } from './restore_store.ts';

const world = nodeWorld;
let root: string;
let folder: string;
let store: Store;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'packetboat-backup-'));
  folder = join(root, 'store');
  store = await openStore({ folder, world, ballastBytes: 0 });
});
afterEach(async () => {
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

function append(sequence: number, payloadBytes = 1_000): Promise<AppendOutcome> {
  const records = [{ timeNs: 1n, bytes: new Uint8Array(payloadBytes).fill(sequence) }];
  const bytes = sealBatch({ records, producer: { id: 'paul', epoch: 0, sequence } }, world.crc32);
  return store.log.append({ stream: 'long', batch: openBatch(bytes, 0, world.crc32, defaultLimits), create: {} });
}

async function appendProof(sequence: number): Promise<Proof> {
  const outcome = await append(sequence);
  assert.ok(outcome.kind === 'appended');
  return outcome.proof;
}

async function putBlob(bytes: Uint8Array): Promise<string> {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  return (await store.blobs.put(body())).sha256;
}

test('backupStore under load holds everything that was acknowledged before it began, as one moment', async () => {
  const to = join(root, 'backups', 'monday');
  for (let sequence = 0; sequence < 20; sequence++) await append(sequence, 100_000);
  const sha256 = await putBlob(Buffer.from('a chart'));
  const enough = new AbortController();
  let sequence = 20;
  const load = (async () => {
    while (!enough.signal.aborted) await append(sequence++, 50_000);
  })();
  const progress: [number, number][] = [];
  await backupStore({ folder, to, onProgress: (done, total) => progress.push([done, total]) });
  enough.abort();
  await load;
  assert.ok(progress.length > 1);
  assert.ok(progress.every(([done, total], index) => done <= total && done >= (progress[index - 1]?.[0] ?? 0)));
  assert.deepEqual(readdirSync(join(root, 'backups')), ['monday'], 'nothing half-made is left');
  const report = await checkStore({ folder: to, world });
  assert.deepEqual(report.problems, []);
  assert.equal(report.blobs, 1);
  assert.ok(report.records >= 20 && report.records <= sequence);
  assert.equal((await store.blobs.stat(sha256))?.bytes, 7);
});

test('backupStore runs in another process than the server', async () => {
  await append(0);
  const script = `
    import { backupStore } from ${JSON.stringify(new URL('./backup_store.ts', import.meta.url).href)};
    await backupStore({ folder: process.argv[1], to: process.argv[2] });`;
  const to = join(root, 'backup');
  execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script, folder, to]);
  assert.equal((await checkStore({ folder: to, world })).records, 1);
  await append(1);
});

test('backupStore refuses a target that exists and a folder without a store', async () => {
  const to = join(root, 'backup');
  mkdirSync(to);
  await assert.rejects(backupStore({ folder, to }), { code: 'exists' });
  await assert.rejects(backupStore({ folder: to, to: join(root, 'other') }), { code: 'notFound' });
  assert.deepEqual(readdirSync(to), []);
});

test('backupStore refuses to spread a damaged blob, and leaves nothing [F14]', async () => {
  const sha256 = await putBlob(Buffer.from('a chart'));
  writeFileSync(blobPath(blobsFolder(folder), sha256) ?? '', 'a chert');
  await assert.rejects(backupStore({ folder, to: join(root, 'backup') }), { code: 'damaged' });
  assert.deepEqual(readdirSync(root), ['store']);
});

test('restoreStore makes a store of its own: records are there, and receipts of the old one prove nothing [F15]', async () => {
  const from = join(root, 'backup');
  await appendProof(0);
  const inside = await appendProof(1);
  const sha256 = await putBlob(Buffer.from('a chart'));
  await backupStore({ folder, to: from });
  const outside = await appendProof(2);
  const restored = join(root, 'restored');
  const report = await restoreStore({ from, folder: restored, world });
  assert.deepEqual([report.ok, report.records], [true, 2]);
  const copy = await openStore({ folder: restored, world, ballastBytes: 0 });
  assert.notEqual(copy.id, store.id);
  assert.equal(await copy.log.witness(inside), 'wrongStore');
  assert.equal(await copy.log.witness(outside), 'wrongStore');
  assert.deepEqual(await copy.log.producer('long', 'paul'), { epoch: 0, sequence: 1 });
  const info = await copy.log.info('long');
  assert.ok(typeof info === 'object');
  assert.deepEqual([info.tail, info.checksum, info.loss], [2, inside.checksum, undefined]);
  assert.equal((await copy.blobs.stat(sha256))?.bytes, 7);
  await copy.close();
  assert.equal(await store.log.witness(outside), 'consistent');
});

test('restoreStore refuses to overwrite, a missing backup, and a damaged one, and leaves nothing [F14]', async () => {
  const from = join(root, 'backup');
  await append(0);
  await putBlob(Buffer.from('a chart'));
  await backupStore({ folder, to: from });
  await assert.rejects(restoreStore({ from, folder, world }), { code: 'exists' });
  await assert.rejects(restoreStore({ from: root, folder: join(root, 'restored') }), { code: 'notFound' });
  const bytes = readFileSync(databasePath(from));
  const at = bytes.indexOf(Buffer.from([0x50, 0x4b, 0x42, 0x31])) + 60; // within the first stored batch
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(databasePath(from), bytes);
  await assert.rejects(restoreStore({ from, folder: join(root, 'restored'), world }), {
    code: 'damaged',
    message: /long/,
  });
  assert.deepEqual(readdirSync(root).toSorted(), ['backup', 'store']);
});

test('restoreStore takes the plain copy of a stopped store, into a folder that exists and is empty', async () => {
  await append(0);
  await store.close();
  const target = join(root, 'restored');
  mkdirSync(target);
  await restoreStore({ from: folder, folder: target, world });
  store = await openStore({ folder: target, world, ballastBytes: 0 });
  assert.equal((await append(1)).kind, 'appended');
});
