import { type Fault, type FaultRules, faultTable } from '@packetboat/proxy';
import { clockJump, type ClockJumpFault } from './clock_jump.ts';
import { commitDamaged, type CommitDamagedFault } from './commit_damaged.ts';
import { commitUnknown, type CommitUnknownFault } from './commit_unknown.ts';
import { crash, type CrashFault } from './crash.ts';
import { crashInCommit, type CrashInCommitFault } from './crash_in_commit.ts';
import { diskFull, type DiskFullFault } from './disk_full.ts';
import type { NodeFault } from './node_fault.ts';
import { twin, type TwinFault } from './twin.ts';

/** One thing that goes wrong with a machine. */
export type MachineFault =
  | ClockJumpFault
  | CommitDamagedFault
  | CommitUnknownFault
  | CrashFault
  | CrashInCommitFault
  | DiskFullFault
  | TwinFault;

/** One thing that goes wrong. */
export type SimFault = Fault | MachineFault;

const machineFaults: { readonly [Name in MachineFault['fault']]: NodeFault<Extract<MachineFault, { fault: Name }>> } = {
  clock_jump: clockJump,
  commit_damaged: commitDamaged,
  commit_unknown: commitUnknown,
  crash,
  crash_in_commit: crashInCommit,
  disk_full: diskFull,
  twin,
};

/** What may stand in a schedule: the proxy's faults, which mean the same there, and those of machines. */
export const simFaultTable: FaultRules<SimFault> = Object.freeze({ ...faultTable, ...machineFaults });

/** The kind of a machine's fault; `undefined` for one of a link. */
export function machineFaultKind(fault: SimFault): NodeFault<MachineFault> | undefined {
  return Object.hasOwn(machineFaults, fault.fault)
    ? (machineFaults[fault.fault as MachineFault['fault']] as NodeFault<MachineFault>)
    : undefined;
}
