import type { CutHow, FaultKind } from '../fault_kind.ts';

/**
 * Each connection is cut when `bytes`, or up to `spreadBytes` more as chance decides, have passed since the fault met
 * it: in mid-frame, unless by luck. `how: 'reset'` is a process that died, `fin` one that ended.
 */
export interface LimitDataFault {
  readonly fault: 'limit_data';
  readonly bytes: number;
  /** @default 0 */
  readonly spreadBytes?: number | undefined;
  /** @default 'fin' */
  readonly how?: CutHow | undefined;
}

export const limitData: FaultKind<LimitDataFault> = {
  scope: 'bytes',
  options: {
    bytes: { min: 0, max: 1e12, toxic: 'bytes' },
    spreadBytes: { min: 0, max: 1e12, optional: true },
    how: { words: ['fin', 'reset'], optional: true },
  },
  stage: ({ bytes: bytesMax, spreadBytes = 0, how = 'fin' }, { random }) => {
    let leftBytes = bytesMax + Math.floor(random() * (spreadBytes + 1));
    return {
      *pieces(bytes) {
        const passing = bytes.subarray(0, leftBytes);
        leftBytes -= passing.length;
        if (passing.length > 0) yield passing;
        if (leftBytes === 0) yield { cut: how };
      },
    };
  },
};
