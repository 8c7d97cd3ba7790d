import type { FaultKind } from '../fault_kind.ts';

/** A piece, as it came in, arrives twice in a row, `percent` of the time. */
export interface DuplicateFault {
  readonly fault: 'duplicate';
  readonly percent: number;
}

export const duplicate: FaultKind<DuplicateFault> = {
  scope: 'bytes',
  options: { percent: { min: 0, max: 100 } },
  stage: ({ percent }, { random }) => ({
    pieces: (bytes) => (random() * 100 < percent ? [bytes, bytes] : [bytes]),
  }),
};
