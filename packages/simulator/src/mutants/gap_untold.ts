import type { Mutant } from './mutant.ts';
import { textsChanged } from './texts_changed.ts';

/** Readers are not told what retention took (F10). */
export const gapUntold: Mutant = {
  name: 'gap_untold',
  invariant: 'I9',
  seams: () => ({
    link: ({ link }) => textsChanged(link, (message) => (message.type === 'gap' ? [] : [message])),
  }),
};
