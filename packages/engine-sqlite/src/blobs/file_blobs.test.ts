import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { blobNames, blobPath, blobsFolder, openBlobs } from './file_blobs.ts';

let folder: string;
const { world } = new VirtualWorld();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packetboat-blobs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function* body(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const collected: Uint8Array[] = [];
  for await (const chunk of chunks) collected.push(chunk);
  return Buffer.concat(collected);
}

/** 200,000 bytes: more than three chunks. */
const large = Buffer.alloc(200_000, 'packet boat ');

function pathOf(sha256: string): string {
  const path = blobPath(blobsFolder(folder), sha256);
  assert.ok(path !== undefined);
  return path;
}

test('openBlobs puts, stats, reads whole and in part, and deletes', async () => {
  const blobs = openBlobs(folder, world);
  const { sha256, bytes } = await blobs.put(body(large.subarray(0, 70_000), large.subarray(70_000)));
  assert.equal(sha256, createHash('sha256').update(large).digest('hex'));
  assert.equal(bytes, 200_000);
  assert.deepEqual(await blobs.stat(sha256), { bytes: 200_000 });
  assert.deepEqual(await collect(blobs.read(sha256, 0, bytes)), large);
  assert.deepEqual(await collect(blobs.read(sha256, 65_530, 140_001)), large.subarray(65_530, 140_001));
  assert.deepEqual([...blobNames(blobsFolder(folder))], [sha256]);
  assert.equal(await blobs.delete(sha256), 'deleted');
  assert.equal(await blobs.delete(sha256), 'notFound');
  assert.equal(await blobs.stat(sha256), undefined);
  assert.deepEqual([...blobNames(blobsFolder(folder))], []);
});

test('openBlobs keeps an empty blob', async () => {
  const blobs = openBlobs(folder, world);
  const { sha256 } = await blobs.put(body());
  assert.deepEqual(await blobs.stat(sha256), { bytes: 0 });
  assert.equal((await collect(blobs.read(sha256, 0, 0))).length, 0);
});

test('openBlobs stores the same bytes once, also when put by many at once', async () => {
  const blobs = openBlobs(folder, world);
  const results = await Promise.all(Array.from({ length: 8 }, () => blobs.put(body(large))));
  assert.equal(new Set(results.map((result) => result.sha256)).size, 1);
  assert.equal([...blobNames(blobsFolder(folder))].length, 1);
  assert.deepEqual(readdirSync(join(blobsFolder(folder), 'temporary')), []);
});

test('openBlobs refuses reads outside of the blob and of blobs that are not there', async () => {
  const blobs = openBlobs(folder, world);
  const { sha256 } = await blobs.put(body(Buffer.from('twelve bytes')));
  for (const [from, to] of [
    [-1, 3],
    [0, 13],
    [5, 4],
    [Number.NaN, 3],
  ] as const) {
    await assert.rejects(collect(blobs.read(sha256, from, to)), { code: 'offsetOutOfRange' });
  }
  for (const name of ['0'.repeat(64), '../../etc/passwd', '', sha256.toUpperCase()]) {
    await assert.rejects(collect(blobs.read(name, 0, 1)), { code: 'notFound' });
    assert.equal(await blobs.stat(name), undefined);
    assert.equal(await blobs.delete(name), 'notFound');
  }
});

test('openBlobs: flipped bit: a whole read is damaged, names the blob and never yields all bytes [F14]', async () => {
  const blobs = openBlobs(folder, world);
  const { sha256 } = await blobs.put(body(large));
  const flipped = readFileSync(pathOf(sha256));
  flipped[100_000] = (flipped[100_000] ?? 0) ^ 4;
  writeFileSync(pathOf(sha256), flipped);
  let received = 0;
  await assert.rejects(
    async () => {
      for await (const chunk of blobs.read(sha256, 0, large.length)) received += chunk.length;
    },
    { code: 'damaged', message: new RegExp(sha256) },
  );
  assert.ok(received < large.length);
  await blobs.put(body(large));
  assert.deepEqual(await collect(blobs.read(sha256, 0, large.length)), large);
});

test('openBlobs: truncated file: a read of its old length is refused, a whole read is damaged [F14]', async () => {
  const blobs = openBlobs(folder, world);
  const { sha256 } = await blobs.put(body(large));
  truncateSync(pathOf(sha256), 150_000);
  await assert.rejects(collect(blobs.read(sha256, 0, large.length)), { code: 'offsetOutOfRange' });
  await assert.rejects(collect(blobs.read(sha256, 0, 150_000)), { code: 'damaged' });
});

test('openBlobs leaves nothing of a put whose body fails, and passes the failure on', async () => {
  const blobs = openBlobs(folder, world);
  const reset = Object.assign(new Error('reset by peer'), { code: 'ECONNRESET', syscall: 'read' });
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield large;
    throw reset;
  }
  await assert.rejects(blobs.put(failing()), reset);
  assert.deepEqual([...blobNames(blobsFolder(folder))], []);
  assert.deepEqual(readdirSync(join(blobsFolder(folder), 'temporary')), []);
});

test('openBlobs sweeps what an interrupted put left behind', () => {
  openBlobs(folder, world);
  writeFileSync(join(blobsFolder(folder), 'temporary', 'half'), 'half a blob');
  openBlobs(folder, world);
  assert.deepEqual(readdirSync(join(blobsFolder(folder), 'temporary')), []);
});
