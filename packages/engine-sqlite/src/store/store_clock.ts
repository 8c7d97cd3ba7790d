import type { Clock } from '@packetboat/core';

/** What time it is for the engine, which has no clock. */
export interface Moment {
  /** Nanoseconds since the Unix epoch; may jump. What is stored at it carries it. */
  readonly wallNs: bigint;
  /** The store's own clock: how long it has been open, over all its runs. */
  readonly openMs: number;
}

/**
 * The store's own clock: how long it has been open, over all its runs. It goes by the monotonic clock, and a run begins
 * where the last one is known to have been, so it never jumps ahead: what ends by it may end late, never early.
 */
export class StoreClock {
  readonly #clock: Clock;
  readonly #beganMs: number;

  /** @param openMs What it shows now. */
  constructor(clock: Clock, openMs: number) {
    this.#clock = clock;
    this.#beganMs = clock.monotonicMs() - openMs;
  }

  get openMs(): number {
    return this.#clock.monotonicMs() - this.#beganMs;
  }

  get moment(): Moment {
    return { wallNs: this.#clock.wallNs(), openMs: this.openMs };
  }
}
