import type { Timers } from '@packetboat/core';

/** Settles after `delayMs`; never, when the life whose timers these are has ended. */
export function wait(timers: Timers, delayMs: number): Promise<void> {
  return new Promise((resolve) => timers.after(delayMs, resolve));
}
