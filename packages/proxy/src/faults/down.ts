import type { FaultKind } from '../fault_kind.ts';

/** The proxy is gone: connections are reset, new ones refused, until the fault ends. */
export interface DownFault {
  readonly fault: 'down';
}

export const down: FaultKind<DownFault> = {
  scope: 'proxy',
  options: {},
  begin: (_fault, target) => {
    target.closePort();
    target.cutLinks('reset');
    return () => target.openPort();
  },
};
