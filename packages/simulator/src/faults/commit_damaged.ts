import type { NodeFault } from './node_fault.ts';

/** The next commits meet a damaged page, and fail: whoever wanted them is told, everybody else goes on (F14). */
export interface CommitDamagedFault {
  readonly fault: 'commit_damaged';
  readonly times: number;
}

export const commitDamaged: NodeFault<CommitDamagedFault> = {
  scope: 'proxy',
  once: true,
  options: { times: { min: 1, max: 1_000 } },
  begin: ({ times }, { fleet }) => {
    for (let time = 0; time < times; time++) fleet.storage.disk.commitFaults.push('damaged');
    return undefined;
  },
};
