import type { FaultKind } from '../fault_kind.ts';

/** One bit is flipped in one of `everyBytes` bytes, on average: what TCP's own checksum lets through now and then. */
export interface CorruptFault {
  readonly fault: 'corrupt';
  readonly everyBytes: number;
}

export const corrupt: FaultKind<CorruptFault> = {
  scope: 'bytes',
  options: { everyBytes: { min: 1, max: 1e12 } },
  stage: ({ everyBytes }, { random }) => {
    // Drawn as a distance, so that the same bytes are hit however they come in chunks.
    const distance = () => Math.floor(random() * (2 * everyBytes - 1));
    let untilFlip = distance();
    return {
      pieces: (bytes) => {
        const damaged = Uint8Array.from(bytes);
        let at = untilFlip;
        for (; at < damaged.length; at += 1 + distance())
          damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8));
        untilFlip = at - damaged.length;
        return [damaged];
      },
    };
  },
};
