import type { ServerMessage } from '@packetboat/core';
import type { Mutant } from './mutant.ts';
import { textsChanged } from './texts_changed.ts';

/** A receipt waits for the next one, and follows it. */
export const receiptsReordered: Mutant = {
  name: 'receipts_reordered',
  invariant: 'I11',
  seams: () => ({
    link: ({ link }) => {
      let held: ServerMessage | undefined;
      return textsChanged(link, (message) => {
        if (message.type !== 'receipt') return [message];
        const before = held;
        held = before === undefined ? message : undefined;
        return before === undefined ? [] : [message, before];
      });
    },
  }),
};
