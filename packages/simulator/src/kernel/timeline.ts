import type { Timer } from '@packetboat/core';
import { settle } from './settle.ts';

interface Due {
  readonly atMs: number;
  /** Which of those due at one time was set first. */
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

/**
 * The one clock of a simulation and what is to happen when. Things run in the order of their time, those of one
 * time in the order in which they were set; between two of them all promises settle. So a run is one sequence of
 * steps, the same whenever it is repeated.
 */
export class Timeline {
  /** A binary heap: the first is due first. */
  readonly #heap: Due[] = [];
  #nowMs = 0;
  #order = 0;
  /** Steps taken. */
  steps = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.at(this.#nowMs + delayMs, run);
  }

  /** What is due at one time, however that was come by, runs in the order in which it was set. */
  at(atMs: number, run: () => void): Timer {
    const due = { atMs: Math.max(this.#nowMs, atMs), order: this.#order++, run, cancelled: false };
    this.#push(due);
    return {
      cancel: () => {
        due.cancelled = true;
      },
    };
  }

  /** Runs what falls due until `untilMs`, or until `done` says so. */
  async run(untilMs: number, done: () => boolean = () => false): Promise<void> {
    await settle();
    while (!done()) {
      const due = this.#heap[0];
      if (due === undefined || due.atMs > untilMs) break;
      this.#pop();
      if (due.cancelled) continue;
      this.#nowMs = due.atMs;
      this.steps += 1;
      due.run();
      await settle();
    }
    if (!done()) this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  #push(due: Due): void {
    const heap = this.#heap;
    heap.push(due);
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) return;
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
      if (child >= heap.length || !this.#swapIfBefore(child, at)) return;
      at = child;
    }
  }

  #swapIfBefore(child: number, parent: number): boolean {
    const [low, high] = [this.#heap[child], this.#heap[parent]];
    if (low === undefined || high === undefined || !isBefore(low, high)) return false;
    this.#heap[parent] = low;
    this.#heap[child] = high;
    return true;
  }
}

function isBefore(left: Due | undefined, right: Due | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  return left.atMs === right.atMs ? left.order < right.order : left.atMs < right.atMs;
}
