import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Segment } from '@packetboat/core';
import {
  describeStore,
  describeStoreRandomly,
  type OpenStore,
  testLimits,
  VirtualWorld,
} from '@packetboat/core/testing';
import { numbered, readTexts } from './testing/batches.ts';
import { EngineStore } from './testing/engine_store.ts';
import { MemoryDisk } from './testing/memory_disk.ts';

const open: OpenStore = async ({ world, limits }) => {
  const disk = new MemoryDisk();
  let store = new EngineStore({ disk, world, limits });
  return {
    store,
    async reopen() {
      await store.close();
      store = new EngineStore({ disk, world, limits });
      return store;
    },
    dispose: () => store.close(),
  };
};

describeStore('Engine', open, {
  skip: {
    'reopen keeps blobs': 'the engine has none',
    'health counts streams, commits, batches and bytes': 'the engine alone counts no commits',
  },
});
describeStoreRandomly('Engine', open, { runs: 100 });

test('Engine commits what waits in one commit, one segment for each stream [P7]', async () => {
  const disk = new MemoryDisk();
  const store = new EngineStore({ disk, world: new VirtualWorld().world, limits: testLimits() });
  const told: Segment[] = [];
  store.log.listen({ segment: (segment) => told.push(segment), trimmed: () => undefined, deleted: () => undefined });
  const commits = disk.commits;
  const appends = Array.from({ length: 100 }, (_, index) =>
    store.log.append({ stream: index % 2 === 0 ? 'a' : 'b', batch: numbered(`p${index}`, 0), create: {} }),
  );
  const outcomes = await Promise.all(appends);
  assert.equal(disk.commits - commits, 1);
  assert.deepEqual(
    told.map(({ stream, base, count }) => [stream, base, count]),
    [
      ['a', 0, 50],
      ['b', 0, 50],
    ],
  );
  const macs = new Set(outcomes.map((outcome) => outcome.kind === 'appended' && outcome.proof.mac));
  assert.equal(macs.size, 2, 'one proof for each stream and commit');
});

test('Engine stores nothing when a commit has nothing to store', async () => {
  const disk = new MemoryDisk();
  const store = new EngineStore({ disk, world: new VirtualWorld().world, limits: testLimits() });
  await store.log.append({ stream: 'a', batch: numbered('p', 0), create: {} });
  const commits = disk.commits;
  await store.log.append({ stream: 'a', batch: numbered('p', 0) });
  await store.log.append({ stream: 'none', batch: numbered('p', 0) });
  await store.map.delete('none');
  assert.equal(disk.commits, commits);
});

test('Engine starts without reading records, and folds a bounded tail for the first append [F12]', async () => {
  const disk = new MemoryDisk();
  const { world } = new VirtualWorld();
  const limits = testLimits();
  const first = new EngineStore({ disk, world, limits });
  for (let sequence = 0; sequence < 1_000; sequence++) {
    await first.log.append({ stream: 'a', batch: numbered('p', sequence), create: {} });
  }
  disk.reads = 0;
  const second = new EngineStore({ disk, world, limits });
  assert.ok(disk.reads <= 2, `${disk.reads} rows read to start`);
  disk.reads = 0;
  assert.equal((await second.log.append({ stream: 'a', batch: numbered('p', 1_000) })).kind, 'appended');
  assert.ok(disk.reads <= 70, `${disk.reads} rows read for the first append`);
  assert.equal((await readTexts(second, 'a')).length, 1_001);
});

test('Engine lets retention by age go on without appends', async () => {
  const disk = new MemoryDisk();
  const virtual = new VirtualWorld();
  const store = new EngineStore({ disk, world: virtual.world, limits: testLimits() });
  await store.log.create('a', { retention: { ageMsMax: 1_000 } });
  for (let sequence = 0; sequence < 3; sequence++) {
    await store.log.append({ stream: 'a', batch: numbered('p', sequence) });
    await virtual.advance(600);
  }
  while (store.tend().more);
  assert.deepEqual(await readTexts(store, 'a'), ['p-0-2;']);
});
