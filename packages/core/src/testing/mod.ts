/** What tests of any package may use: virtual time, small limits, and the suites that every engine must pass. */
export { describeSpool } from './describe_spool.ts';
export { describeStore, type DescribeStoreOptions } from './describe_store.ts';
export { describeStoreRandomly, type DescribeStoreRandomlyOptions } from './describe_store_randomly.ts';
export { FakeSpool } from './fake_spool.ts';
export { caseStream, spoolCases, type SpoolCaseOptions, type SpoolPlace } from './spool_cases.ts';
export { assertAccounted, type Delivery, deliver, drain, sampleNumber, samples } from './spool_delivery.ts';
export type { OpenedStore, OpenStore } from './store_tester.ts';
export { testLimits } from './test_limits.ts';
export { VirtualWorld } from './virtual_world.ts';
