import { after, before, describe, test } from 'node:test';
import { appendCases } from './store_cases/append.ts';
import { blobCases } from './store_cases/blobs.ts';
import type { StoreCases } from './store_cases/case.ts';
import { createCases } from './store_cases/create.ts';
import { keyCases, keyReopenCases } from './store_cases/keys.ts';
import { firstCases } from './store_cases/first.ts';
import { forkLifetimeCases } from './store_cases/fork_lifetime.ts';
import { forkTrimCases } from './store_cases/fork_trim.ts';
import { forkCases } from './store_cases/forks.ts';
import { lifeCases } from './store_cases/life.ts';
import { lifetimeCases, lifetimeReopenCases } from './store_cases/lifetime.ts';
import { limitCases } from './store_cases/limits.ts';
import { listenerCases } from './store_cases/listener.ts';
import { mapCases } from './store_cases/map.ts';
import { readCases } from './store_cases/read.ts';
import { reopenCases } from './store_cases/reopen.ts';
import { softDeleteCases } from './store_cases/soft_delete.ts';
import { timeCases } from './store_cases/time.ts';
import { type OpenStore, StoreTester } from './store_tester.ts';
import { testLimits } from './test_limits.ts';
import { VirtualWorld } from './virtual_world.ts';

/** Options of {@linkcode describeStore}. */
export interface DescribeStoreOptions {
  /** Cases that an engine cannot run, by title, with the reason. @default none */
  readonly skip?: Readonly<Record<string, string>>;
  /** Whether the engine outlives a close; its opener then returns `reopen`. @default true */
  readonly durable?: boolean;
}

const sharedCases: StoreCases = {
  ...createCases,
  ...appendCases,
  ...readCases,
  ...lifeCases,
  ...firstCases,
  ...forkCases,
  ...forkTrimCases,
  ...softDeleteCases,
  ...listenerCases,
  ...mapCases,
  ...blobCases,
};

const timedCases: StoreCases = { ...timeCases, ...keyCases, ...lifetimeCases, ...forkLifetimeCases };

/** The behaviour suite: every method and outcome of `Store`, the same for every engine (DESIGN section 3, rule 5). */
export function describeStore(name: string, open: OpenStore, options: DescribeStoreOptions = {}): void {
  const { skip = {}, durable = true } = options;
  const caseOptions = (title: string) => ({ skip: skip[title] ?? false });

  const shareStore = (title: string, cases: StoreCases) => {
    describe(`${name}: ${title}`, () => {
      let tester: StoreTester;
      before(async () => {
        tester = await openTester(open);
      });
      after(() => tester.dispose());
      for (const [caseTitle, run] of Object.entries(cases)) test(caseTitle, caseOptions(caseTitle), () => run(tester));
    });
  };

  shareStore('store', sharedCases);
  shareStore('store, as time passes', timedCases);
  if (durable) shareStore('store, opened again', { ...reopenCases, ...keyReopenCases, ...lifetimeReopenCases });
  describe(`${name}: store with limits of its own`, () => {
    for (const [title, { limits, run }] of Object.entries(limitCases)) {
      test(title, caseOptions(title), async () => {
        const tester = await openTester(open, limits);
        try {
          await run(tester);
        } finally {
          await tester.dispose();
        }
      });
    }
  });
}

async function openTester(open: OpenStore, limits = {}): Promise<StoreTester> {
  const world = new VirtualWorld();
  return new StoreTester(await open({ world: world.world, limits: testLimits(limits) }), world);
}
