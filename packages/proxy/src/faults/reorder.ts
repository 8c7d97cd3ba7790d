import type { Timer } from '@packetboat/core';
import type { FaultKind } from '../fault_kind.ts';

/**
 * Connections reach the target in another order than they were made: each waits until `count` are there, or the
 * first has waited `holdMs`; then the last one goes first.
 */
export interface ReorderFault {
  readonly fault: 'reorder';
  /** @default 2 */
  readonly count?: number | undefined;
  /** @default 1_000 */
  readonly holdMs?: number | undefined;
}

export const reorder: FaultKind<ReorderFault> = {
  scope: 'proxy',
  options: {
    count: { min: 2, max: 1_000, optional: true },
    holdMs: { min: 0, max: 3_600_000, optional: true },
  },
  begin: ({ count = 2, holdMs = 1_000 }, target) => {
    let waiting: (() => void)[] = [];
    let timer: Timer | undefined;
    const release = () => {
      timer?.cancel();
      timer = undefined;
      const entering = waiting.toReversed();
      waiting = [];
      for (const enter of entering) enter();
    };
    const open = target.admit((enter) => {
      waiting.push(enter);
      if (waiting.length >= count) release();
      else timer ??= target.timers.after(holdMs, release);
    });
    return () => {
      open();
      release();
    };
  },
};
