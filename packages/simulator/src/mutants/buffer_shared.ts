import { crc32, decodeFrame, defaultLimits, openBatches } from '@packetboat/core';
import type { Mutant } from './mutant.ts';

/** Connections share the buffer that frames are read into: a bit that was flipped in one is flipped in the next one, too. */
export const bufferShared: Mutant = {
  name: 'buffer_shared',
  invariant: 'I9',
  seams: () => {
    let dirty = false;
    return {
      serverEnd: (end) => ({
        ...end,
        binary: (bytes) => {
          const read = dirty ? flipped(bytes) : bytes;
          dirty = isDamaged(bytes);
          end.binary(read);
        },
      }),
    };
  },
};

function isDamaged(bytes: Uint8Array): boolean {
  try {
    const frame = decodeFrame(bytes);
    if (frame.kind === 'publish') openBatches(frame.batches, crc32, defaultLimits);
    return false;
  } catch {
    return true;
  }
}

function flipped(bytes: Uint8Array): Uint8Array {
  const last = bytes.length - 1;
  return bytes.with(last, (bytes[last] ?? 0) ^ 1);
}
