import type { FaultKind } from '../fault_kind.ts';

/** One side of each connection is reset, as by a machine that lost its power, and the other side is never told. */
export interface HalfOpenFault {
  readonly fault: 'half_open';
  /** The side that is no longer there. @default 'client' */
  readonly gone?: 'client' | 'server' | undefined;
}

export const halfOpen: FaultKind<HalfOpenFault> = {
  scope: 'connections',
  options: { gone: { words: ['client', 'server'], optional: true } },
  stage: ({ gone = 'client' }, { direction }) => ({
    swallows: 'everything',
    resetsSource: direction === (gone === 'client' ? 'up' : 'down'),
  }),
};
