/** The front door of `@packetboat/proxy`: a TCP proxy that breaks links on command and on schedule. */
export { type Fault, faultNames, checkFault } from './fault_table.ts';
export type { Direction } from './fault_kind.ts';
export type { BandwidthFault } from './faults/bandwidth.ts';
export type { BlackholeFault } from './faults/blackhole.ts';
export type { CutFault } from './faults/cut.ts';
export type { DelayFault } from './faults/delay.ts';
export type { DownFault } from './faults/down.ts';
export type { DropFault } from './faults/drop.ts';
export { parseSchedule, type ScheduleStep } from './parse_schedule.ts';
export type { AppliedFault, Endpoint, Proxy, ProxyCounters, ProxyOptions, ScheduleRun } from './proxy.ts';
export { startProxy } from './start_proxy.ts';
