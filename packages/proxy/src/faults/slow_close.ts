import type { FaultKind } from '../fault_kind.ts';

/** The end of a connection arrives `delayMs` late. */
export interface SlowCloseFault {
  readonly fault: 'slow_close';
  readonly delayMs: number;
}

export const slowClose: FaultKind<SlowCloseFault> = {
  scope: 'bytes',
  options: { delayMs: { min: 0, max: 3_600_000, toxic: 'delay' } },
  stage: ({ delayMs }) => ({ endMs: (arriveMs) => arriveMs + delayMs }),
};
