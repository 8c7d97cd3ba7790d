import type { Timer, World } from '@packetboat/core';
import { type Backoff, backoffCeilingMs, backoffDelayMs } from './backoff.ts';

/**
 * One thing that is tried again and again, later and later: counts the attempts and holds the one timer.
 *
 * Whatever made it fail has often made a whole fleet fail at the same moment, which must not come back at one moment.
 * So time since then is cut into turns as long as the ceilings of the waits, one behind the other, and each attempt stands at
 * one place of its turn, which chance has drawn over the whole of it (full jitter). Chance draws once: with the same place
 * in every turn a fleet is spread evenly at all times, where waits drawn one by one leave stragglers. With waits that
 * double, who was away for some time is back after at most as long again, and `firstMs`.
 */
export class Retry {
  readonly #world: World;
  readonly #backoff: Backoff;
  /** Of the waits, if they must be shorter than the backoff says. */
  #capMs = Infinity;
  #attempt = 0;
  /** In [0, 1); `undefined` when the first turn is still to come. */
  #place: number | undefined;
  /** The length of the turn in which the last attempt stood. */
  #turnMs = 0;
  #timer: Timer | undefined;

  constructor(world: World, backoff: Backoff) {
    this.#world = world;
    this.#backoff = backoff;
  }

  /** Attempts since it last went well. */
  get attempt(): number {
    return this.#attempt;
  }

  /** No wait is longer than this from now on, save that any may be as long as the first. */
  limit(capMs: number): void {
    this.#capMs = Math.max(capMs, this.#backoff.firstMs);
  }

  /** Calls `run` after the next delay, instead of what waited before; returns the delay. */
  later(run: () => void, retryAfterMs?: number): number {
    this.#timer?.cancel();
    // A server that says when to come back says so to many at a time.
    if (retryAfterMs !== undefined) this.#begin();
    this.#place ??= this.#world.random.fraction();
    const ceilingMs = this.#ceilingMs;
    const delayMs = backoffDelayMs(this.#turnMs, ceilingMs, this.#place, retryAfterMs);
    this.#turnMs = ceilingMs;
    this.#attempt += 1;
    this.#timer = this.#world.timers.after(delayMs, run);
    return delayMs;
  }

  /** Calls `run` after the shortest of delays: what failed is known to go well when it is done otherwise. */
  soon(run: () => void): number {
    this.#timer?.cancel();
    const delayMs = backoffDelayMs(0, this.#backoff.firstMs, this.#world.random.fraction());
    this.#timer = this.#world.timers.after(delayMs, run);
    return delayMs;
  }

  /** It went well: the next failure counts as the first. */
  reset(): void {
    this.#attempt = 0;
    this.#begin();
  }

  /** It went well for so long, then failed. Less than the next wait may be is no success: else there would be no pause. */
  heldFor(ms: number): void {
    if (ms >= this.#ceilingMs) this.#attempt = 0;
    this.#begin();
  }

  /** Forgets what waits. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  get #ceilingMs(): number {
    return Math.min(this.#capMs, backoffCeilingMs(this.#attempt, this.#backoff));
  }

  /** The next turn is the first since something happened to many. */
  #begin(): void {
    this.#place = undefined;
    this.#turnMs = 0;
  }
}
