import { crc32, decodeFrame } from '@packetboat/core';
import type { Mutant } from './mutant.ts';

/** The server takes batches whose CRC does not match. */
export const verifySkipped: Mutant = {
  name: 'verify_skipped',
  invariant: 'I9',
  seams: () => ({
    serverEnd: (end) => ({
      ...end,
      binary: (bytes) => end.binary(withRightSums(bytes)),
    }),
  }),
};

/** Where a batch keeps its length and its CRC: core/src/batch.ts. */
const lengthAt = 4;
const crcAt = 8;
const summedFrom = 12;

function withRightSums(frame: Uint8Array): Uint8Array {
  const copy = frame.slice();
  try {
    const decoded = decodeFrame(copy);
    if (decoded.kind !== 'publish') return frame;
    const { batches } = decoded;
    const view = new DataView(batches.buffer, batches.byteOffset, batches.length);
    for (let at = 0; at + summedFrom < batches.length; ) {
      const length = view.getUint32(at + lengthAt, true);
      view.setUint32(at + crcAt, crc32(batches.subarray(at + summedFrom, at + length)), true);
      at += Math.max(summedFrom, length);
    }
    return copy;
  } catch {
    return frame;
  }
}
