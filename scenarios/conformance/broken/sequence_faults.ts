import { crc32, SequenceDigest } from '@packetboat/core';
import type { BrokenServer } from './broken_server.ts';

/** Section 9: sequences. */
export const sequenceFaults: readonly BrokenServer[] = [
  {
    name: 'makes other numbers after a cut',
    caughtBy: 'sequence: after a cut the same numbers go on',
    twist: () => {
      let step = 0;
      return {
        told: {
          welcome: (welcome) => {
            step = welcome.resumed ? 1 : 0;
            return undefined;
          },
          number: (number) => [{ ...number, value: number.value + step }],
        },
      };
    },
  },
  {
    name: 'ticks faster than it says',
    caughtBy: 'sequence: a number comes one tick later, not at once',
    twist: () => {
      let tickMs = 0;
      return {
        said: {
          sequence: (sequence) => {
            tickMs = sequence.tickMs ?? 0;
            return [{ ...sequence, tickMs: 10 }];
          },
        },
        told: { sequenceBegun: (begun) => [{ ...begun, tickMs }] },
      };
    },
  },
  {
    name: 'sums the numbers of the last connection only',
    caughtBy: 'sequence: with index = n only the sum comes',
    twist: () => {
      const digest = new SequenceDigest('crc-32', crc32);
      return {
        told: {
          number: (number) => {
            digest.add(number.value);
            return undefined;
          },
          sum: (sum) => [{ ...sum, checksum: digest.checksum }],
        },
      };
    },
  },
  {
    name: 'makes the same numbers for everybody',
    caughtBy: 'sequence: two sessions get numbers of their own',
    twist: () => ({ told: { number: (number) => [{ ...number, value: number.index }] } }),
  },
];
