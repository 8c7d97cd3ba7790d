/** Something that is kept for readers. */
export interface Kept {
  /** What it counts for. */
  readonly bytes: number;
  /** Called when it must go. */
  readonly forget: () => void;
}

/** What may be kept for readers, over all streams: at most `bytesMax`. What was kept first goes first. */
export class CacheBudget {
  readonly #bytesMax: number;
  /** Oldest first. */
  readonly #kept = new Set<Kept>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(kept: Kept): void {
    this.#kept.add(kept);
    this.#bytes += kept.bytes;
    for (const oldest of this.#kept) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#kept.delete(oldest);
      this.#bytes -= oldest.bytes;
      oldest.forget();
    }
  }
}
