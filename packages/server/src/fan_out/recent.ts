import type { CacheBudget } from './cache_budget.ts';

/** Records from `base` to `end` (exclusive), encoded once for all who want them so. */
export interface Encoded {
  readonly base: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/** What one entry counts for beside its bytes, so that the empty ones are bounded too. */
const entryBytes = 128;

/**
 * What was encoded last of one stream, by the offset it begins at, within a budget that all streams share: readers
 * that are a little behind are served from here and share one read of the store when many of them replay.
 */
export class Recent<Entry extends Encoded> {
  readonly #budget: CacheBudget;
  readonly #entries = new Map<number, Entry>();

  constructor(budget: CacheBudget) {
    this.#budget = budget;
  }

  /** What begins at `base`, while it is kept. */
  get(base: number): Entry | undefined {
    return this.#entries.get(base);
  }

  add(entry: Entry): void {
    const { base, bytes } = entry;
    if (this.#entries.has(base)) return;
    this.#entries.set(base, entry);
    this.#budget.add({ bytes: bytes.length + entryBytes, forget: () => this.#entries.delete(base) });
  }
}
