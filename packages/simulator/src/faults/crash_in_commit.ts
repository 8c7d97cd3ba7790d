import type { NodeFault } from './node_fault.ts';

/** The machine of the store dies in the middle of a transaction, at one of its writes. */
export interface CrashInCommitFault {
  readonly fault: 'crash_in_commit';
  /** Writes that are still done. */
  readonly steps: number;
}

export const crashInCommit: NodeFault<CrashInCommitFault> = {
  scope: 'proxy',
  once: true,
  options: { steps: { min: 0, max: 1_000_000 } },
  begin: ({ steps }, { fleet }) => {
    fleet.storage.disk.stepsUntilCrash = steps;
    return undefined;
  },
};
