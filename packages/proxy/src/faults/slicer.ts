import type { FaultKind } from '../fault_kind.ts';
import { slices } from '../slices.ts';

/** Bytes arrive in slices of `averageBytes`, give or take up to `variationBytes`, each `delayUs` after the one before. */
export interface SlicerFault {
  readonly fault: 'slicer';
  readonly averageBytes: number;
  /** @default 0 */
  readonly variationBytes?: number | undefined;
  /** Microseconds. With 0 the receiver's system may put slices together again. @default 0 */
  readonly delayUs?: number | undefined;
}

/** Bytes in slices that wait for their turn, before the sender feels it. */
const heldBytesMax = 65_536;

export const slicer: FaultKind<SlicerFault> = {
  scope: 'bytes',
  options: {
    averageBytes: { min: 1, max: 1e9, toxic: 'average_size' },
    variationBytes: { min: 0, max: 1e9, optional: true, toxic: 'size_variation' },
    delayUs: { min: 0, max: 3_600_000_000, optional: true, toxic: 'delay' },
  },
  stage: ({ averageBytes, variationBytes = 0, delayUs = 0 }, { random }) => {
    let freeMs = 0;
    return {
      heldBytesMax,
      pieces: (bytes) =>
        slices(bytes, () => Math.max(1, averageBytes + Math.round((random() * 2 - 1) * variationBytes))),
      leaveMs: (_byteCount, arriveMs) => {
        const leaveMs = Math.max(freeMs, arriveMs);
        freeMs = leaveMs + delayUs / 1_000;
        return leaveMs;
      },
    };
  },
};
