import type { Clock } from '@packetboat/core';
import type { Timeline } from './timeline.ts';

/** Wall time at the beginning of every run: a Sunday in September 2020. */
const startNs = 1_600_000_000_000_000_000n;

/** The clocks of some machines: they may go too fast or too slow, and somebody may set the one on the wall. */
export class MachineClock implements Clock {
  /** How fast time passes there; 1 is right. */
  readonly rate: number;
  readonly #timeline: Timeline;
  #skewMs: number;

  constructor(timeline: Timeline, rate: number, skewMs: number) {
    this.#timeline = timeline;
    this.rate = rate;
    this.#skewMs = skewMs;
  }

  monotonicMs(): number {
    return this.#timeline.nowMs * this.rate;
  }

  wallNs(): bigint {
    return startNs + BigInt(Math.round((this.monotonicMs() + this.#skewMs) * 1_000_000));
  }

  /** Somebody sets the clock on the wall. */
  jump(byMs: number): void {
    this.#skewMs += byMs;
  }
}
