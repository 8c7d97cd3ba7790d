import type { Timers } from './ports.ts';

/** The longest time that the timers of Node and browsers can wait: they run what is longer at once. */
const timerMsMax = 2_147_483_647;

/** Timers of any length, made of a platform's `setTimeout` and `clearTimeout`. */
export function longTimers<Handle>(
  set: (run: () => void, delayMs: number) => Handle,
  clear: (handle: Handle) => void,
): Timers {
  return {
    after(delayMs, run) {
      let leftMs = delayMs;
      let handle: Handle;
      const wait = (): void => {
        const waitMs = Math.min(leftMs, timerMsMax);
        leftMs -= waitMs;
        handle = set(leftMs > 0 ? wait : run, waitMs);
      };
      wait();
      return { cancel: () => clear(handle) };
    },
  };
}
