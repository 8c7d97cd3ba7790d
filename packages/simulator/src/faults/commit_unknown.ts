import type { NodeFault } from './node_fault.ts';

/** The next commit ends without anybody knowing whether it is stored (EIO at the sync): the server must stop (P8). */
export interface CommitUnknownFault {
  readonly fault: 'commit_unknown';
  readonly outcome: 'stored' | 'lost';
}

export const commitUnknown: NodeFault<CommitUnknownFault> = {
  scope: 'proxy',
  once: true,
  options: { outcome: { words: ['stored', 'lost'] } },
  begin: ({ outcome }, { fleet }) => {
    fleet.storage.disk.commitFaults.push(outcome === 'stored' ? 'unknownStored' : 'unknownLost');
    return undefined;
  },
};
