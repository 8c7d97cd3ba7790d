import { crc32, decodeFrame, openBatches, storedLimits } from '@packetboat/core';
import type { Link } from '@packetboat/server';
import type { Mutant } from './mutant.ts';
import { textsChanged } from './texts_changed.ts';

/** A receipt names the newest batch that has come, not the newest that is stored. */
export const receiptRunsAhead: Mutant = {
  name: 'receipt_runs_ahead',
  invariant: 'I1',
  seams: () => {
    /** Of each connection: channel → the newest sequence that came. */
    const received = new WeakMap<Link, Map<number, number>>();
    return {
      link: ({ link }) => {
        const newest = new Map<number, number>();
        received.set(link, newest);
        return textsChanged(link, (message) => {
          if (message.type === 'producing') newest.delete(message.channel);
          if (message.type !== 'receipt') return [message];
          return [{ ...message, sequence: Math.max(message.sequence, newest.get(message.channel) ?? 0) }];
        });
      },
      serverEnd: (end, { link }) => ({
        ...end,
        binary: (bytes) => {
          note(received.get(link), bytes);
          end.binary(bytes);
        },
      }),
    };
  },
};

function note(newest: Map<number, number> | undefined, bytes: Uint8Array): void {
  try {
    const frame = decodeFrame(bytes);
    if (frame.kind !== 'publish') return;
    const last = openBatches(frame.batches, crc32, storedLimits).at(-1);
    if (last?.producer !== undefined) newest?.set(frame.channel, last.producer.sequence);
  } catch {
    // Damaged on the way: the server says so itself.
  }
}
