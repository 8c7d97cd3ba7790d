import { type Clock, PacketboatError } from '@packetboat/core';
import type { Ballast } from '../store/ballast.ts';

/** How long after a failed attempt to make the ballast whole the next one is made. */
const attemptIntervalMs = 1_000;

/**
 * Keeps a full disk from locking a spool up: shipping needs a little room itself, to write down what it
 * seals and forgets. It gets the ballast's; putting in waits until the ballast is whole again (P8).
 */
export class Reserve {
  readonly #ballast: Ballast;
  readonly #clock: Clock;
  #failedMs = Number.NEGATIVE_INFINITY;

  constructor(ballast: Ballast, clock: Clock) {
    this.#ballast = ballast;
    this.#clock = clock;
  }

  /** @throws {PacketboatError} `diskFull` unless the ballast is whole, or can be made so. */
  demand(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#failedMs >= attemptIntervalMs) {
      if (this.#ballast.take()) return;
      this.#failedMs = nowMs;
    }
    throw new PacketboatError('diskFull', 'The disk of the spool is full', { retryAfterMs: attemptIntervalMs });
  }

  /** Runs `work`; when the disk is full, once more in the room of the ballast. `work` must leave nothing half-done. */
  lend<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof PacketboatError) || error.code !== 'diskFull') throw error;
      this.#ballast.release();
      return work();
    }
  }
}
