import type { NodeFault } from './node_fault.ts';

/** A program dies and is started again. */
export interface CrashFault {
  readonly fault: 'crash';
  readonly what: 'server' | 'client';
  /** Which of them, counted round. */
  readonly number: number;
  /** With its machine, nobody is told and nothing that was not synced is left. @default 'process' */
  readonly with?: 'process' | 'machine' | undefined;
}

export const crash: NodeFault<CrashFault> = {
  scope: 'proxy',
  once: true,
  options: {
    what: { words: ['server', 'client'] },
    number: { min: 0, max: 1_000_000 },
    with: { words: ['process', 'machine'], optional: true },
  },
  begin: ({ what, number, with: how = 'process' }, { fleet }) => {
    const nodes = what === 'server' ? fleet.servers : fleet.clients;
    nodes[number % nodes.length]?.crash(how === 'machine');
    return undefined;
  },
};
