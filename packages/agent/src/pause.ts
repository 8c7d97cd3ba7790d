/** Waiting, through the port of timers. */
import type { Timers } from '@packetboat/core';

/** Settles after `delayMs`, or as soon as `signal` aborts: whoever waited looks at the signal. */
export function pause(timers: Timers, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = timers.after(delayMs, end);
    signal.addEventListener('abort', end);
  });
}
