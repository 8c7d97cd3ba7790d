/** What a {@linkcode Histogram} has counted, as Prometheus wants it. */
export interface HistogramCounts {
  /** Upper bounds of the buckets, inclusive, ascending. */
  readonly bounds: readonly number[];
  /** For each bound, how many values were at most that. */
  readonly atMost: readonly number[];
  /** All values, also those above the last bound, and their sum. */
  readonly count: number;
  readonly sum: number;
}

/** Counts values by size, in buckets that are fixed from the beginning: its memory does not grow. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** Values in each bucket alone; the last one holds what is above every bound. */
  readonly #inBucket: number[];
  #sum = 0;

  /** @param bounds Upper bounds, ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#inBucket = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const found = this.#bounds.findIndex((bound) => value <= bound);
    const bucket = found === -1 ? this.#bounds.length : found;
    this.#inBucket[bucket] = (this.#inBucket[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  get counts(): HistogramCounts {
    let count = 0;
    const atMost = this.#bounds.map((_, bucket) => {
      count += this.#inBucket[bucket] ?? 0;
      return count;
    });
    count += this.#inBucket.at(-1) ?? 0;
    return { bounds: this.#bounds, atMost, count, sum: this.#sum };
  }
}
