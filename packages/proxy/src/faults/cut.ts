import type { CutHow, FaultKind } from '../fault_kind.ts';

/** Cuts connections that exist, once; new ones may follow at once. */
export interface CutFault {
  readonly fault: 'cut';
  /** @default 'reset' */
  readonly how?: CutHow | undefined;
}

export const cut: FaultKind<CutFault> = {
  scope: 'connections',
  once: true,
  options: { how: { words: ['fin', 'reset'], optional: true } },
  begin: ({ how = 'reset' }, target) => {
    target.cutLinks(how);
    return undefined;
  },
};
