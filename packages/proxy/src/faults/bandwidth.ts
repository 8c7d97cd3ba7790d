import type { FaultKind } from '../fault_kind.ts';

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
  options: { bytesPerSecond: { min: 1, max: 1e12 }, bufferBytes: { min: 1, max: 1e9, optional: true } },
  stage: ({ bytesPerSecond, bufferBytes = 16_384 }) => {
    let freeMs = 0;
    return {
      heldBytesMax: bufferBytes,
      pieceBytesMax: Math.ceil((bytesPerSecond * pieceMs) / 1000),
      leaveMs: (byteCount, arriveMs) => {
        freeMs = Math.max(freeMs, arriveMs) + (byteCount / bytesPerSecond) * 1000;
        return freeMs;
      },
    };
  },
};
