import type { Mutant } from './mutant.ts';
import { textsChanged } from './texts_changed.ts';

/** A session is kept longer than its client was told. */
export const sessionWindowLong: Mutant = {
  name: 'session_window_long',
  invariant: 'I7',
  seams: () => {
    let toldMs = 0;
    return {
      limits: (limits) => {
        toldMs = limits.windowMs;
        return { ...limits, windowMs: limits.windowMs * 10 };
      },
      link: ({ link }) =>
        textsChanged(link, (message) => [message.type === 'welcome' ? { ...message, windowMs: toldMs } : message]),
    };
  },
};
