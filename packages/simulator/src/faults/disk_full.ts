import type { NodeFault } from './node_fault.ts';

/** There is no room on the store's disk. */
export interface DiskFullFault {
  readonly fault: 'disk_full';
}

export const diskFull: NodeFault<DiskFullFault> = {
  scope: 'proxy',
  options: {},
  begin: (_fault, { fleet }) => {
    const { disk } = fleet.storage;
    disk.full = true;
    return () => {
      disk.full = false;
    };
  },
};
