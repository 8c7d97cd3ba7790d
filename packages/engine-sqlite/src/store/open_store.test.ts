import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Store } from '@packetboat/core';
import {
  describeStore,
  describeStoreRandomly,
  type OpenStore,
  testLimits,
  VirtualWorld,
} from '@packetboat/core/testing';
import { openStore } from './open_store.ts';
import { numbered, readTexts } from './testing/batches.ts';
import { crashImage } from './testing/writer_store.ts';

/** Opens a store in a folder of its own, which goes with it. */
const open: OpenStore = async ({ world, limits }) => {
  const folder = mkdtempSync(join(tmpdir(), 'packetboat-store-'));
  const reopen = () => openStore({ folder, world, limits, ballastBytes: 65_536 });
  let store = await reopen();
  return {
    store,
    async reopen() {
      await store.close();
      store = await reopen();
      return store;
    },
    async dispose() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
};

describeStore('openStore', open);
describeStoreRandomly('openStore', open, { runs: 5 });

/** Runs `work` with a folder of its own. */
async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'packetboat-store-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const virtual = new VirtualWorld();
const options = { world: virtual.world, limits: testLimits(), ballastBytes: 0 };

async function appendAll(store: Store, count: number): Promise<void> {
  const appends = Array.from({ length: count }, (_, sequence) =>
    store.log.append({ stream: 'a', batch: numbered('p', sequence), create: {} }),
  );
  for (const outcome of await Promise.all(appends)) assert.equal(outcome.kind, 'appended');
}

test('openStore refuses a folder that is open, and takes it once it is closed', () =>
  withFolder(async (folder) => {
    const store = await openStore({ ...options, folder });
    await assert.rejects(openStore({ ...options, folder }), { code: 'storeLocked' });
    await Promise.all([store.close(), store.close()]);
    await (await openStore({ ...options, folder })).close();
  }));

test('openStore refuses a folder that it cannot use, and leaves it unlocked and unchanged', () =>
  withFolder(async (folder) => {
    writeFileSync(join(folder, 'store.db'), 'no database');
    for (const _ of [1, 2]) await assert.rejects(openStore({ ...options, folder }), { code: 'damaged' });
    assert.deepEqual(
      readdirSync(folder).filter((name) => !name.endsWith('.lock')),
      ['store.db', 'witness.log'],
    );
  }));

test('append: group commit: many at once are few commits and syncs [P1]', () =>
  withFolder(async (folder) => {
    const store = await openStore({ ...options, folder });
    const before = store.health();
    await appendAll(store, 1_000);
    const { commits, syncs, perCommit } = store.health();
    const { seconds, syncSeconds, batches } = perCommit;
    assert.deepEqual([syncSeconds.count, batches.sum], [commits, 1_000]);
    assert.ok(syncSeconds.sum > 0 && syncSeconds.sum <= seconds.sum);
    assert.ok(commits - before.commits <= 4, `${commits - before.commits} commits`);
    assert.ok(syncs - before.syncs <= 6, `${syncs - before.syncs} syncs`);
    await store.close();
  }));

test('close leaves one database file that holds everything, and no log', () =>
  withFolder(async (folder) => {
    const store = await openStore({ ...options, folder });
    await appendAll(store, 10);
    await store.close();
    assert.ok(!readdirSync(folder).some((name) => name.startsWith('store.db-')));
    assert.equal(store.health().state, 'closed');
  }));

test('openStore: crash with appends on their way: all acknowledged are there [P1] [F1]', () =>
  withFolder(async (folder) => {
    const store = await openStore({ ...options, folder });
    await appendAll(store, 100);
    const image = mkdtempSync(join(tmpdir(), 'packetboat-store-'));
    crashImage(folder, image);
    const opened = await openStore({ ...options, folder: image });
    assert.equal((await readTexts(opened, 'a')).length, 100);
    await Promise.all([store.close(), opened.close()]);
    rmSync(image, { recursive: true });
  }));

test('the scrub finds a rotten row before anybody reads it, and tells it by name [F14]', () =>
  withFolder(async (folder) => {
    const first = await openStore({ ...options, folder });
    await appendAll(first, 10);
    await first.close();
    const database = new DatabaseSync(join(folder, 'store.db'));
    database.exec('UPDATE segments SET crc = crc + 1');
    database.close();
    const told = Promise.withResolvers<string>();
    const store = await openStore({ ...options, folder, log: (_, message) => told.resolve(message) });
    const enough = new AbortController();
    const ticking = keepTicking(enough.signal);
    assert.match(await told.promise, /Table segments/);
    enough.abort();
    await ticking;
    assert.ok(store.health().damagedRows > 0);
    await assert.rejects(readTexts(store, 'a'), { code: 'damaged' });
    await store.close();
  }));

/** Lets virtual time go on in steps of a second until aborted. */
async function keepTicking(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await virtual.advance(1_000);
}
