import type { Seams } from '../seams.ts';
import { textsChanged } from './texts_changed.ts';

/** Sessions are kept `factor` times as long as their clients are told. */
export function windowChanged(factor: number): Seams {
  let toldMs = 0;
  return {
    limits: (limits) => {
      toldMs = limits.windowMs;
      return { ...limits, windowMs: toldMs * factor };
    },
    link: ({ link }) =>
      textsChanged(link, (message) => [message.type === 'welcome' ? { ...message, windowMs: toldMs } : message]),
  };
}
