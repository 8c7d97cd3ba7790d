import type { Mutant } from './mutant.ts';
import { textsChanged } from './texts_changed.ts';

/** Readers are told that retention took one record fewer than it did (F10). */
export const gapMiscounted: Mutant = {
  name: 'gap_miscounted',
  invariant: 'P6',
  seams: () => ({
    link: ({ link }) =>
      textsChanged(link, (message) => [message.type === 'gap' ? { ...message, count: message.count - 1 } : message]),
  }),
};
