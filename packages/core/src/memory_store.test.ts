import { MemoryStore } from './memory_store.ts';
import { describeStore } from './testing/describe_store.ts';
import type { OpenStore } from './testing/store_tester.ts';

const open: OpenStore = async (options) => {
  const store = new MemoryStore(options);
  return { store, dispose: () => store.close() };
};

describeStore('memory', open, { durable: false });
