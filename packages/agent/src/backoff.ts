/** How long to wait before the next attempt: doubling up to a cap, with jitter, so that many do not come at once. */
import type { Random } from '@packetboat/core';

export class Backoff {
  readonly #random: Random;
  readonly #firstMs: number;
  readonly #mostMs: number;
  #attempt = 0;

  constructor(random: Random, firstMs: number, mostMs: number) {
    this.#random = random;
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  /** The next delay: between half and all of the doubled one. */
  nextMs(): number {
    const fullMs = Math.min(this.#mostMs, this.#firstMs * 2 ** this.#attempt);
    if (fullMs < this.#mostMs) this.#attempt++;
    return fullMs * (0.5 + 0.5 * this.#random.fraction());
  }

  /** After a success: begins anew. */
  reset(): void {
    this.#attempt = 0;
  }
}
