import type { Clock, Timer, Timers } from '@packetboat/core';

/** What a {@linkcode SlowReaderWatch} needs. */
export interface SlowReaderWatchOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly slowReaderMs: number;
  /** Whether something is on its way to the peer. */
  readonly waiting: () => boolean;
  /** The peer took nothing for `slowReaderMs` although something was on its way. */
  readonly slow: () => void;
}

/** Finds peers that are alive and do not read. One timer, set only while something is on its way. */
export class SlowReaderWatch {
  readonly #options: SlowReaderWatchOptions;
  /** When the peer last took something, or when something began to be on its way. */
  #tookMs = 0;
  /** Whether something was on its way when last looked. */
  #waiting = false;
  #timer: Timer | undefined;

  constructor(options: SlowReaderWatchOptions) {
    this.#options = options;
  }

  /** Something was sent. */
  sent(): void {
    if (this.#waiting) return;
    this.took();
    if (this.#timer === undefined) this.#schedule(this.#options.slowReaderMs);
  }

  /** The peer took something. */
  took(): void {
    this.#tookMs = this.#options.clock.monotonicMs();
    this.#waiting = this.#options.waiting();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#options.timers.after(delayMs, () => this.#wake());
  }

  #wake(): void {
    const { clock, slowReaderMs, waiting, slow } = this.#options;
    this.#timer = undefined;
    this.#waiting = waiting();
    if (!this.#waiting) return;
    const leftMs = this.#tookMs + slowReaderMs - clock.monotonicMs();
    if (leftMs <= 0) slow();
    else this.#schedule(leftMs);
  }
}
