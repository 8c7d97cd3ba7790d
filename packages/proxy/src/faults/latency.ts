import type { FaultKind } from '../fault_kind.ts';

/** Bytes arrive later: `latencyMs`, give or take up to `jitterMs`, never out of order. */
export interface LatencyFault {
  readonly fault: 'latency';
  readonly latencyMs: number;
  /** @default 0 */
  readonly jitterMs?: number | undefined;
}

export const latency: FaultKind<LatencyFault> = {
  scope: 'bytes',
  options: {
    latencyMs: { min: 0, max: 3_600_000, toxic: 'latency' },
    jitterMs: { min: 0, max: 3_600_000, optional: true, toxic: 'jitter' },
  },
  stage: ({ latencyMs, jitterMs = 0 }, { random }) => ({
    leaveMs: (_byteCount, arriveMs) => arriveMs + Math.max(0, latencyMs + (random() * 2 - 1) * jitterMs),
  }),
};
