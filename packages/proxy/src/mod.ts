/** The front door of `@packetboat/proxy`: a TCP proxy that breaks links on command, on schedule and by chance. */
export { formatAddress } from './address.ts';
export { startApi, type Api, type ApiOptions } from './api/start_api.ts';
export { actsOn, type AppliedFault, type Connections, type FaultPlace } from './applied_fault.ts';
export { checkFault, type FaultRules } from './check_fault.ts';
export type {
  Cut,
  CutHow,
  Direction,
  FaultKind,
  FaultRule,
  FaultTarget,
  OneDirection,
  OptionRule,
  Place,
  Stage,
} from './fault_kind.ts';
export { type Fault, faultTable } from './fault_table.ts';
export type { BandwidthFault } from './faults/bandwidth.ts';
export type { CorruptFault } from './faults/corrupt.ts';
export type { CutFault } from './faults/cut.ts';
export type { DownFault } from './faults/down.ts';
export type { DropFault } from './faults/drop.ts';
export type { DuplicateFault } from './faults/duplicate.ts';
export type { HalfOpenFault } from './faults/half_open.ts';
export type { LatencyFault } from './faults/latency.ts';
export type { LimitDataFault } from './faults/limit_data.ts';
export type { ReorderFault } from './faults/reorder.ts';
export type { ResetPeerFault } from './faults/reset_peer.ts';
export type { SlicerFault } from './faults/slicer.ts';
export type { SlowCloseFault } from './faults/slow_close.ts';
export type { TimeoutFault } from './faults/timeout.ts';
export { formatSchedule } from './format_schedule.ts';
export { parseSchedule, type ScheduleStep, sightNames } from './parse_schedule.ts';
export type { AddOptions, EndCause, Endpoint, Proxy, ProxyCounters, ProxyEvent, ProxyOptions } from './proxy.ts';
export { ProxySet, type ProxySetOptions, type ProxyWish } from './proxy_set.ts';
export { runSchedule, type ScheduleRun, type ScheduleTarget, type Trigger } from './run_schedule.ts';
export { seededRandom } from './seeded_random.ts';
export { startProxy } from './start_proxy.ts';
export type { Sight } from './watcher.ts';
