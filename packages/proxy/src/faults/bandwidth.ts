import type { FaultKind } from '../fault_kind.ts';
import { slices } from '../slices.ts';

/** The link takes `bytesPerSecond` in each direction, and holds up to `bufferBytes` before the sender feels it. */
export interface BandwidthFault {
  readonly fault: 'bandwidth';
  readonly bytesPerSecond: number;
  /** As the buffer of a modem or router. @default 16_384 */
  readonly bufferBytes?: number | undefined;
}

/** Bytes leave in pieces of this many milliseconds' worth, so that a slow link trickles. */
const pieceMs = 50;

export const bandwidth: FaultKind<BandwidthFault> = {
  scope: 'bytes',
  options: {
    bytesPerSecond: { min: 1, max: 1e12, toxic: 'rate', toxicUnit: 1_000 },
    bufferBytes: { min: 1, max: 1e9, optional: true },
  },
  stage: ({ bytesPerSecond, bufferBytes = 16_384 }) => {
    const pieceBytes = Math.ceil((bytesPerSecond * pieceMs) / 1_000);
    let freeMs = 0;
    return {
      heldBytesMax: bufferBytes,
      pieces: (bytes) => slices(bytes, () => pieceBytes),
      leaveMs: (byteCount, arriveMs) => {
        freeMs = Math.max(freeMs, arriveMs) + (byteCount / bytesPerSecond) * 1_000;
        return freeMs;
      },
    };
  },
};
