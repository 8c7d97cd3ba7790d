import type { NodeFault } from './node_fault.ts';

/** Somebody sets the clock on the wall. */
export interface ClockJumpFault {
  readonly fault: 'clock_jump';
  readonly what: 'server' | 'client';
  readonly byMs: number;
}

export const clockJump: NodeFault<ClockJumpFault> = {
  scope: 'proxy',
  once: true,
  options: { what: { words: ['server', 'client'] }, byMs: { min: -1e9, max: 1e9 } },
  begin: ({ what, byMs }, { simulation }) => {
    simulation.clocks[what].jump(byMs);
    return undefined;
  },
};
