import type { Spool } from '@packetboat/core';
import type { Mutant } from './mutant.ts';

/** The spool forgets a batch when it is handed out, not when the server has it (F6). */
export const spoolForgetsEarly: Mutant = {
  name: 'spool_forgets_early',
  invariant: 'I12',
  seams: () => ({
    spool: (spool): Spool => ({
      put: (records, mark) => spool.put(records, mark),
      mark: () => spool.mark(),
      unacknowledged: () => spool.unacknowledged(),
      seal: async (bytesMax) => {
        const batch = await spool.seal(bytesMax);
        if (batch !== undefined) await spool.acknowledge(batch.sequence);
        return batch;
      },
      acknowledge: (sequence) => spool.acknowledge(sequence),
      wait: (signal) => spool.wait(signal),
      status: () => spool.status(),
      close: () => spool.close(),
    }),
  }),
};
