import { MemoryStore } from './memory_store.ts';
import { describeStore } from './testing/describe_store.ts';
import { describeStoreRandomly } from './testing/describe_store_randomly.ts';
import type { OpenStore } from './testing/store_tester.ts';

const open: OpenStore = async (options) => {
  const store = new MemoryStore(options);
  return { store, dispose: () => store.close() };
};

describeStore('memory', open, { durable: false });

/** The oracle against itself, with one commit for each append: the comparison must not depend on segments. */
const openOneByOne: OpenStore = ({ world, limits }) => open({ world, limits: { ...limits, commitBytesMax: 1 } });

describeStoreRandomly('memory', openOneByOne, { durable: false });
