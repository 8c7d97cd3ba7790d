import type { Limits } from '../../limits.ts';
import type { StoreTester } from '../store_tester.ts';

/** What must hold, by name. The cases of one table share a store. */
export type StoreCases = Readonly<Record<string, (tester: StoreTester) => Promise<void>>>;

/** Cases that each need a store of their own, with these limits. */
export type LimitedStoreCases = Readonly<
  Record<string, { readonly limits: Partial<Limits>; readonly run: (tester: StoreTester) => Promise<void> }>
>;
