import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStore, describeStoreRandomly, type OpenStore } from '@packetboat/core/testing';
import { openStore } from './open_store.ts';

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
