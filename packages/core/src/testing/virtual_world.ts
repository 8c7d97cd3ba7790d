import { setImmediate } from 'node:timers/promises';
import { crc32 } from '../crc32.ts';
import { DueQueue } from '../due_queue.ts';
import { assert } from '../errors.ts';
import type { Timer, World } from '../ports.ts';

/** What falls due at one moment, in the order in which it was set. */
interface Moment {
  readonly dueMs: number;
  readonly timers: Set<PendingTimer>;
}

interface PendingTimer {
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
  readonly #moments = new Map<number, Moment>();
  readonly #queue = new DueQueue<Moment>();
  #pendingTimers = 0;
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
    return this.#pendingTimers;
  }

  /** Lets `ms` milliseconds pass: runs what falls due, in order, and lets promises settle before, between and after. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await setImmediate();
    for (;;) {
      const moment = this.#queue.first?.item;
      if (moment === undefined || moment.dueMs > endMs) break;
      this.#nowMs = Math.max(this.#nowMs, moment.dueMs);
      const [timer] = moment.timers;
      assert(timer !== undefined, 'a moment without timers is forgotten');
      this.#forget(moment, timer);
      timer.run();
      await setImmediate();
    }
    // Another advance may have come further meanwhile.
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #after(delayMs: number, run: () => void): Timer {
    const dueMs = this.#nowMs + Math.max(0, delayMs);
    const moment = this.#moments.get(dueMs) ?? this.#begin(dueMs);
    const timer = { run };
    moment.timers.add(timer);
    this.#pendingTimers += 1;
    return { cancel: () => this.#forget(moment, timer) };
  }

  #begin(dueMs: number): Moment {
    const moment = { dueMs, timers: new Set<PendingTimer>() };
    this.#moments.set(dueMs, moment);
    this.#queue.set(moment, dueMs);
    return moment;
  }

  #forget(moment: Moment, timer: PendingTimer): void {
    if (!moment.timers.delete(timer)) return;
    this.#pendingTimers -= 1;
    if (moment.timers.size > 0) return;
    this.#moments.delete(moment.dueMs);
    this.#queue.delete(moment);
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
