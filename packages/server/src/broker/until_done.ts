import type { Timer, Timers } from '@packetboat/core';

/** When to try again what could not be done. */
const retryMs = 1_000;

/** Work that must be done, and that a full or damaged disk can hinder: each time it is started, tried until it succeeds. */
export class UntilDone {
  readonly #timers: Timers;
  readonly #work: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #timer: Timer | undefined;
  #stopped = false;

  /** @param failed Told why it could not be done this time. */
  constructor(timers: Timers, work: () => Promise<void>, failed: (error: unknown) => void) {
    this.#timers = timers;
    this.#work = work;
    this.#failed = failed;
  }

  start(): void {
    this.#timer?.cancel();
    this.#work().catch((error: unknown) => {
      this.#failed(error);
      if (!this.#stopped) this.#timer = this.#timers.after(retryMs, () => this.start());
    });
  }

  /** Tries no more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}
