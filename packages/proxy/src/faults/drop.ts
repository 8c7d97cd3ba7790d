import type { FaultKind } from '../fault_kind.ts';

/** Bytes vanish; connections still begin and end. In one direction: requests pass, every response is lost. */
export interface DropFault {
  readonly fault: 'drop';
}

export const drop: FaultKind<DropFault> = {
  scope: 'bytes',
  options: {},
  stage: () => ({ swallows: 'bytes' }),
};
