/** What tests of any package may use: virtual time, small limits, and the suites that every engine must pass. */
export { describeStore, type DescribeStoreOptions } from './describe_store.ts';
export { describeStoreRandomly, type DescribeStoreRandomlyOptions } from './describe_store_randomly.ts';
export type { OpenedStore, OpenStore } from './store_tester.ts';
export { testLimits } from './test_limits.ts';
export { VirtualWorld } from './virtual_world.ts';
