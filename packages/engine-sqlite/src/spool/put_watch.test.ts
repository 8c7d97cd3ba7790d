import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeWorld } from '@packetboat/core/node';
import { VirtualWorld } from '@packetboat/core/testing';
import { PutWatch } from './put_watch.ts';
import { testFolder } from './testing/spool_fixture.ts';

test('PutWatch asks at intervals where there are no file events, and tells of each change once', async (context) => {
  const virtual = new VirtualWorld();
  let version = 1;
  let changes = 0;
  const nowhere = join(testFolder(context), 'nowhere');
  const watch = new PutWatch(
    nowhere,
    virtual.world,
    () => version,
    () => changes++,
  );
  await virtual.advance(5_000);
  assert.equal(changes, 0);
  version = 2;
  await virtual.advance(1_000);
  assert.equal(changes, 1);
  await virtual.advance(5_000);
  assert.equal(changes, 1);
  watch.close();
  assert.equal(virtual.pendingTimers, 0);
});

test('PutWatch asks at once when a file in the folder changes', async (context) => {
  const folder = testFolder(context);
  let version = 1;
  const { world } = new VirtualWorld();
  const { promise, resolve } = Promise.withResolvers<void>();
  const watch = new PutWatch(folder, world, () => version, resolve);
  const alive = nodeWorld.timers.after(60_000, () => {}); // the watcher alone does not keep the process
  version = 2;
  writeFileSync(join(folder, 'spool.db-wal'), 'more');
  await promise;
  alive.cancel();
  watch.close();
});

test('PutWatch asks again shortly after a file changed: the commit is seen only a sync after its write', async (context) => {
  const folder = testFolder(context);
  const virtual = new VirtualWorld();
  const asked = Promise.withResolvers<void>();
  let asks = 0;
  let version = 1;
  let changes = 0;
  const watch = new PutWatch(
    folder,
    virtual.world,
    () => {
      asks += 1;
      if (asks === 2) asked.resolve();
      return version;
    },
    () => changes++,
  );
  const alive = nodeWorld.timers.after(60_000, () => {}); // the watcher alone does not keep the process
  mkdirSync(join(folder, 'event'));
  await asked.promise;
  version = 2;
  await virtual.advance(100);
  assert.equal(changes, 1);
  alive.cancel();
  watch.close();
  assert.equal(virtual.pendingTimers, 0);
});
