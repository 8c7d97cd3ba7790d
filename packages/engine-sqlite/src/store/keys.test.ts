import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import { batchOf } from './testing/batches.ts';
import { EngineStore } from './testing/engine_store.ts';
import { MemoryDisk } from './testing/memory_disk.ts';

function start() {
  const virtual = new VirtualWorld();
  const disk = new MemoryDisk();
  const open = () => new EngineStore({ disk, world: virtual.world, limits: testLimits() });
  const rows = () => [disk.rows.get('keys')?.size ?? 0, disk.rows.get('key_ends')?.size ?? 0];
  return { virtual, disk, open, rows };
}

async function append(store: EngineStore, key: string, keyMs?: number): Promise<string> {
  const { kind } = await store.log.append({ stream: 'a', batch: batchOf(['x']), key, keyMs, create: {} });
  return kind;
}

test('keys that have ended are swept while nobody appends, a bounded number at a time [P7]', async () => {
  const { virtual, open, rows } = start();
  const store = open();
  for (let index = 0; index < 600; index++) await append(store, `k${index}`, 1_000);
  await append(store, 'kept');
  assert.deepEqual(rows(), [601, 600]);
  assert.equal(store.tend().more, false, 'nothing has ended yet');
  await virtual.advance(1_000);
  assert.equal(store.tend().more, true);
  assert.deepEqual(rows(), [345, 344]);
  while (store.tend().more);
  assert.deepEqual(rows(), [1, 0]);
  assert.equal(await append(store, 'kept'), 'duplicate');
});

test('keys that have ended are swept by commits that take new ones, so that they do not pile up [P7]', async () => {
  const { virtual, open, rows } = start();
  const store = open();
  for (let index = 0; index < 300; index++) {
    await append(store, `k${index}`, 10);
    await virtual.advance(1);
  }
  const [keys = 0, ends = 0] = rows();
  assert(keys <= 12 && ends <= 12, `${keys} keys, ${ends} ends`);
});

test('a key that was taken again is not swept with its earlier end [P2]', async () => {
  const { virtual, open, rows } = start();
  const store = open();
  await append(store, 'k', 10);
  await virtual.advance(10);
  assert.equal(await append(store, 'k', 100), 'appended');
  while (store.tend().more);
  assert.deepEqual(rows(), [1, 1]);
  assert.equal(await append(store, 'k', 100), 'duplicate');
  await virtual.advance(100);
  assert.equal(await append(store, 'k'), 'appended');
  while (store.tend().more);
  assert.deepEqual(rows(), [1, 0]);
  assert.equal(await append(store, 'k'), 'duplicate', 'a key without end outlives its earlier ends');
});

test('keys of a deleted stream leave nothing behind [P7]', async () => {
  const { virtual, open, rows } = start();
  const store = open();
  for (let index = 0; index < 10; index++) await append(store, `k${index}`, 1_000);
  await store.log.delete('a');
  while (store.tend().more);
  assert.deepEqual(rows(), [0, 10]);
  await virtual.advance(1_000);
  while (store.tend().more);
  assert.deepEqual(rows(), [0, 0]);
});

test('keys end by the time in which the store is open, also after a crash: late, never early [P2]', async () => {
  const { virtual, open } = start();
  const first = open();
  await append(first, 'k', 100_000);
  for (let second = 0; second < 90; second++) {
    await virtual.advance(1_000);
    first.tend();
  }
  // A crash: nothing is closed. The clock was kept after a minute.
  first.log.stop();
  await virtual.advance(1_000_000);
  const second = open();
  await virtual.advance(39_999);
  assert.equal(await append(second, 'k', 100_000), 'duplicate');
  await virtual.advance(1);
  assert.equal(await append(second, 'k', 100_000), 'appended');
});

test('a damaged row of a key is told, and does not stop the store [F14]', async () => {
  const { virtual, disk, open } = start();
  const store = open();
  await append(store, 'k', 10);
  await virtual.advance(10);
  disk.flip('keys', JSON.stringify([1, 'k']), 3);
  const { more, damage } = store.tend();
  assert.equal(more, false);
  assert.match(damage.join(), /Table keys/);
  assert.equal(await append(store, 'other'), 'appended');
});
