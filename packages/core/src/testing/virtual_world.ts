import { setImmediate } from 'node:timers/promises';
import { crc32 } from '../crc32.ts';
import type { Timer, World } from '../ports.ts';

interface PendingTimer {
  readonly dueMs: number;
  readonly run: () => void;
}

/** Where virtual wall time begins unless told otherwise: a Sunday in September 2020. */
const startNsDefault = 1_600_000_000_000_000_000n;

/**
 * A world whose time stands still until {@linkcode advance} moves it, and whose chance follows a seed: a run with
 * the same seed is the same run.
 */
export class VirtualWorld {
  readonly world: World;
  readonly #timers = new Set<PendingTimer>();
  #nowMs = 0;
  #randomState: number;

  /** @param seed Any integer. */
  constructor(seed = 1, startNs = startNsDefault) {
    this.#randomState = (seed ^ 0x9e3779b9) | 0 || 1;
    this.world = {
      clock: {
        monotonicMs: () => this.#nowMs,
        wallNs: () => startNs + BigInt(Math.round(this.#nowMs * 1_000_000)),
      },
      timers: { after: (delayMs, run) => this.#after(delayMs, run) },
      random: {
        fraction: () => this.#uint32() / 2 ** 32,
        bytes: (length) => Uint8Array.from({ length }, () => this.#uint32() >>> 24),
      },
      crc32,
    };
  }

  /** Virtual milliseconds since this world began. */
  get now(): number {
    return this.#nowMs;
  }

  /** Timers that wait. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Lets `ms` milliseconds pass: runs what falls due, in order, and lets promises settle before, between and after. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await setImmediate();
    for (let timer = this.#next(endMs); timer !== undefined; timer = this.#next(endMs)) {
      this.#timers.delete(timer);
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      timer.run();
      await setImmediate();
    }
    // Another advance may have come further meanwhile.
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  /** The timer that falls due first; of several, the one set first. */
  #next(endMs: number): PendingTimer | undefined {
    let first: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  }

  #after(delayMs: number, run: () => void): Timer {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), run };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** Marsaglia's xorshift. */
  #uint32(): number {
    let state = this.#randomState;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#randomState = state;
    return state >>> 0;
  }
}
