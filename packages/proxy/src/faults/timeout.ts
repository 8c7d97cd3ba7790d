import type { FaultKind } from '../fault_kind.ts';

/**
 * A black hole: everything vanishes, without a FIN or reset, until somebody's heartbeat finds out. After `timeoutMs` the
 * connection ends with a FIN; 0 is never.
 */
export interface TimeoutFault {
  readonly fault: 'timeout';
  /** @default 0 */
  readonly timeoutMs?: number | undefined;
}

export const timeout: FaultKind<TimeoutFault> = {
  scope: 'bytes',
  options: { timeoutMs: { min: 0, max: 3_600_000, optional: true, toxic: 'timeout' } },
  stage: ({ timeoutMs = 0 }) => ({
    swallows: 'everything',
    ...(timeoutMs > 0 && { linkEnd: { afterMs: timeoutMs, how: 'fin' } }),
  }),
};
