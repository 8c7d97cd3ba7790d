import type { Timer, World } from '@packetboat/core';
import { type Backoff, backoffCeilingMs, backoffDelayMs } from './backoff.ts';

/** One thing that is tried again and again, later and later: counts the attempts and holds the one timer. */
export class Retry {
  readonly #world: World;
  readonly #backoff: Backoff;
  #attempt = 0;
  #timer: Timer | undefined;

  constructor(world: World, backoff: Backoff) {
    this.#world = world;
    this.#backoff = backoff;
  }

  /** Attempts since it last went well. */
  get attempt(): number {
    return this.#attempt;
  }

  /** The longest wait that the next attempt would have: what has lived that long went well. */
  get ceilingMs(): number {
    return backoffCeilingMs(this.#attempt, this.#backoff);
  }

  /** Calls `run` after the next delay, instead of what waited before; returns the delay. */
  later(run: () => void, retryAfterMs?: number): number {
    this.#timer?.cancel();
    const delayMs = backoffDelayMs(this.#attempt, this.#backoff, this.#world.random.fraction(), retryAfterMs);
    this.#attempt += 1;
    this.#timer = this.#world.timers.after(delayMs, run);
    return delayMs;
  }

  /** Calls `run` after the shortest of delays: what failed is known to go well when it is done otherwise. */
  soon(run: () => void): number {
    this.#timer?.cancel();
    const delayMs = backoffDelayMs(0, this.#backoff, this.#world.random.fraction());
    this.#timer = this.#world.timers.after(delayMs, run);
    return delayMs;
  }

  /** It went well: the next failure counts as the first. */
  reset(): void {
    this.#attempt = 0;
  }

  /** Forgets what waits. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
