import type { FaultKind } from './fault_kind.ts';
import { bandwidth, type BandwidthFault } from './faults/bandwidth.ts';
import { corrupt, type CorruptFault } from './faults/corrupt.ts';
import { cut, type CutFault } from './faults/cut.ts';
import { down, type DownFault } from './faults/down.ts';
import { drop, type DropFault } from './faults/drop.ts';
import { duplicate, type DuplicateFault } from './faults/duplicate.ts';
import { halfOpen, type HalfOpenFault } from './faults/half_open.ts';
import { latency, type LatencyFault } from './faults/latency.ts';
import { limitData, type LimitDataFault } from './faults/limit_data.ts';
import { reorder, type ReorderFault } from './faults/reorder.ts';
import { resetPeer, type ResetPeerFault } from './faults/reset_peer.ts';
import { slicer, type SlicerFault } from './faults/slicer.ts';
import { slowClose, type SlowCloseFault } from './faults/slow_close.ts';
import { timeout, type TimeoutFault } from './faults/timeout.ts';

/** One thing that goes wrong on a link. */
export type Fault =
  | BandwidthFault
  | CorruptFault
  | CutFault
  | DownFault
  | DropFault
  | DuplicateFault
  | HalfOpenFault
  | LatencyFault
  | LimitDataFault
  | ReorderFault
  | ResetPeerFault
  | SlicerFault
  | SlowCloseFault
  | TimeoutFault;

type FaultTable = { readonly [Name in Fault['fault']]: FaultKind<Extract<Fault, { fault: Name }>> };

/** Every kind of fault, by its name: Toxiproxy's where it has one. */
export const faultTable: FaultTable = Object.freeze({
  bandwidth,
  corrupt,
  cut,
  down,
  drop,
  duplicate,
  half_open: halfOpen,
  latency,
  limit_data: limitData,
  reorder,
  reset_peer: resetPeer,
  slicer,
  slow_close: slowClose,
  timeout,
});

/** The kind of a fault that was checked. */
export function faultKind(fault: Fault): FaultKind<Fault> {
  return faultTable[fault.fault] as FaultKind<Fault>;
}
