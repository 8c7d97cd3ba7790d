import type { FaultKind } from '../fault_kind.ts';

/** Everything vanishes, without a FIN or reset: the link is half-open until somebody's heartbeat finds out. */
export interface BlackholeFault {
  readonly fault: 'blackhole';
}

export const blackhole: FaultKind<BlackholeFault> = {
  options: {},
  stage: () => ({ swallows: 'everything' }),
};
