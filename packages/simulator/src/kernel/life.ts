import { crc32, type Timer, type World } from '@packetboat/core';
import type { Dice } from './dice.ts';
import type { MachineClock } from './machine_clock.ts';
import type { Timeline } from './timeline.ts';

/** As real timers, these never run before their time, however small the rounding is that is left of it. */
const leastMs = 0.001;

/**
 * One life of one process: its world is the simulation's time, as its machine's clocks show it, and its own dice. When
 * it dies, its timers never run, whatever its dead code still sets.
 */
export class Life {
  readonly world: World;
  readonly #timers = new Set<Timer>();
  #alive = true;

  constructor(timeline: Timeline, dice: Dice, clock: MachineClock) {
    this.world = {
      clock,
      timers: { after: (delayMs, run) => this.#after(timeline, Math.max(leastMs, delayMs / clock.rate), run) },
      random: dice,
      crc32,
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Timers that wait. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  end(): void {
    this.#alive = false;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #after(timeline: Timeline, delayMs: number, run: () => void): Timer {
    if (!this.#alive) return { cancel: () => undefined };
    const timer = timeline.after(delayMs, () => {
      this.#timers.delete(mine);
      run();
    });
    const mine = {
      cancel: () => {
        timer.cancel();
        this.#timers.delete(mine);
      },
    };
    this.#timers.add(mine);
    return mine;
  }
}
