import type { FaultKind } from '../fault_kind.ts';

/** Each connection is reset `timeoutMs`, give or take up to `jitterMs`, after the fault met it: random cuts. */
export interface ResetPeerFault {
  readonly fault: 'reset_peer';
  /** @default 0 */
  readonly timeoutMs?: number | undefined;
  /** @default 0 */
  readonly jitterMs?: number | undefined;
}

export const resetPeer: FaultKind<ResetPeerFault> = {
  scope: 'bytes',
  options: {
    timeoutMs: { min: 0, max: 3_600_000, optional: true, toxic: 'timeout' },
    jitterMs: { min: 0, max: 3_600_000, optional: true },
  },
  stage: ({ timeoutMs = 0, jitterMs = 0 }, { random }) => ({
    linkEnd: { afterMs: Math.max(0, timeoutMs + (random() * 2 - 1) * jitterMs), how: 'reset' },
  }),
};
