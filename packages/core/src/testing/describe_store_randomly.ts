import { test } from 'node:test';
import * as fc from 'fast-check';
import { MemoryStore } from '../memory_store.ts';
import { storeCommands } from './store_commands.ts';
import { StoreComparison } from './store_comparison.ts';
import type { OpenStore } from './store_tester.ts';
import { testLimits } from './test_limits.ts';
import { VirtualWorld } from './virtual_world.ts';

/** Options of {@linkcode describeStoreRandomly}. */
export interface DescribeStoreRandomlyOptions {
  /** How many random command lists are run. @default 100 */
  readonly runs?: number;
  /** Whether the engine outlives a close; its opener then returns `reopen`. @default true */
  readonly durable?: boolean;
}

/**
 * Runs random commands on the engine and on a {@linkcode MemoryStore} and compares every answer and, in the end, everything
 * they hold. A failure prints seed, path and the shortest list of commands that shows it.
 */
export function describeStoreRandomly(name: string, open: OpenStore, options: DescribeStoreRandomlyOptions = {}): void {
  const { runs = 100, durable = true } = options;
  test(`${name}: random commands get the answers of the memory store [P2] [P3] [P5]`, async () => {
    const property = fc.asyncProperty(storeCommands(durable), async (commands) => {
      const virtual = new VirtualWorld();
      const { world } = virtual;
      const limits = testLimits({ recentBatchesMax: 2 });
      const opened = await open({ world, limits });
      try {
        const oracle = new MemoryStore({ world, limits });
        const comparison = new StoreComparison(oracle, opened.store, virtual, opened.reopen);
        for (const command of commands) await comparison.run(command);
        await comparison.finish();
      } finally {
        await opened.dispose();
      }
    });
    await fc.assert(property, { numRuns: runs, endOnFailure: false });
  });
}
