import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultLimits, openBatch, sealBatch, type Store, type StreamInfo } from '@packetboat/core';
import { VirtualWorld } from '@packetboat/core/testing';
import { connect, pragma } from './database.ts';
import { openStore } from './open_store.ts';
import { StoreThreads } from './store_threads.ts';
import { numbered } from './testing/batches.ts';

const walBytesMax = 8_388_608;

/** Appends about `bytes`, in records of 256 KiB. */
async function appendBytes(store: Store, crc32: VirtualWorld['world']['crc32'], bytes: number): Promise<void> {
  const record = { timeNs: 0n, bytes: new Uint8Array(262_144) };
  const batch = openBatch(sealBatch({ records: [record] }, crc32), 0, crc32, defaultLimits);
  for (let left = bytes; left > 0; left -= record.bytes.length) {
    await store.log.append({ stream: 's', batch, create: {} });
  }
}

/** Goes around the store's threads so often that work which never ends would show. */
async function goAround(store: Store): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await store.log.info('s');
}

test('Caretaker: a reader that holds the log for long: checkpoints wait for it, and go on when it ends [P7]', async ({
  mock,
  signal,
}) => {
  const beside = mock.method(StoreThreads.prototype, 'checkpointBeside').mock;
  const between = mock.method(StoreThreads.prototype, 'checkpointBetween').mock;
  const folder = mkdtempSync(join(tmpdir(), 'packetboat-store-'));
  const virtual = new VirtualWorld();
  const { world } = virtual;
  const store = await openStore({ folder, world, walBytesMax, ballastBytes: 0 });
  try {
    await appendBytes(store, world.crc32, 1);
    const reader = connect(folder, 'reader');
    reader.exec('BEGIN');
    pragma(reader, 'schema_version');
    for (const bytes of [6_291_456, 6_291_456]) {
      // First below the log's limit, then above it.
      await appendBytes(store, world.crc32, bytes);
      await goAround(store);
      const before = beside.callCount() + between.callCount();
      await goAround(store);
      const checkpoints = beside.callCount() + between.callCount() - before;
      assert.ok(checkpoints <= 4, `${checkpoints} checkpoints without an append`);
    }
    assert.ok(store.health().walBytes > walBytesMax);
    reader.close();
    // The copying has a thread of its own: the test's time limit is what says that it never ends.
    while (store.health().walBytes >= walBytesMax) {
      signal.throwIfAborted();
      await virtual.advance(1_000);
      await appendBytes(store, world.crc32, 1);
    }
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});

test('Caretaker: retention by age tells listeners what it took while nobody appends [P6]', async ({ signal }) => {
  const folder = mkdtempSync(join(tmpdir(), 'packetboat-store-'));
  const virtual = new VirtualWorld();
  const store = await openStore({ folder, world: virtual.world, ballastBytes: 0 });
  const trimmed: StreamInfo[] = [];
  try {
    store.log.listen({ segment: () => undefined, trimmed: (info) => trimmed.push(info), deleted: () => undefined });
    await store.log.create('s', { retention: { ageMsMax: 1_000 } });
    for (const sequence of [0, 1]) await store.log.append({ stream: 's', batch: numbered('p', sequence) });
    while (trimmed.length === 0) {
      signal.throwIfAborted();
      await virtual.advance(1_000);
      await goAround(store);
    }
    assert.deepEqual(
      trimmed.map(({ stream, first }) => [stream, first]),
      [['s', 1]],
    );
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});
