import { Histogram, type HistogramCounts } from './histogram.ts';

/** What one commit was. */
export interface CommitWork {
  /** From the first decision to the last byte on the disk. */
  readonly seconds: number;
  /** Its part that wrote and synced; absent in a store that syncs nothing. */
  readonly syncSeconds?: number;
  readonly batches: number;
  /** Bytes of those batches. */
  readonly bytes: number;
  readonly segments: number;
}

/** Histograms over all commits since the start. */
export interface CommitHistograms {
  /** Seconds from the first decision to the last byte on the disk. */
  readonly seconds: HistogramCounts;
  /**
   * Seconds of writing and syncing. The embedded engine measures SQLite's COMMIT, which writes the log's frames and syncs
   * them in one call: the two cannot be told apart. Nothing in a store that syncs nothing.
   */
  readonly syncSeconds: HistogramCounts;
  readonly batches: HistogramCounts;
  /** Bytes of batches. */
  readonly bytes: HistogramCounts;
  /** One for each stream that took batches, more where `segmentBytesMax` demands it. */
  readonly segments: HistogramCounts;
}

const secondsBounds = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
const countBounds = [0, 1, 4, 16, 64, 256, 1_024, 4_096];
const bytesBounds = [0, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304];

/** Measures a store's commits for its operator: a few numbers for each commit, whatever is in it. */
export class CommitMeter {
  readonly #seconds = new Histogram(secondsBounds);
  readonly #syncSeconds = new Histogram(secondsBounds);
  readonly #batches = new Histogram(countBounds);
  readonly #bytes = new Histogram(bytesBounds);
  readonly #segments = new Histogram(countBounds);

  observe({ seconds, syncSeconds, batches, bytes, segments }: CommitWork): void {
    this.#seconds.observe(seconds);
    if (syncSeconds !== undefined) this.#syncSeconds.observe(syncSeconds);
    this.#batches.observe(batches);
    this.#bytes.observe(bytes);
    this.#segments.observe(segments);
  }

  get histograms(): CommitHistograms {
    return {
      seconds: this.#seconds.counts,
      syncSeconds: this.#syncSeconds.counts,
      batches: this.#batches.counts,
      bytes: this.#bytes.counts,
      segments: this.#segments.counts,
    };
  }
}
