import type { Feed } from './feed.ts';

/** A stored segment, encoded once as the frame that every reader of the stream gets. */
export interface SharedFrame {
  /** Offsets of its first record, and after its last. */
  readonly base: number;
  readonly end: number;
  /** Bytes of its batches: what credit counts. */
  readonly batchesBytes: number;
  readonly bytes: Uint8Array;
}

/**
 * The frames encoded last, over all streams, at most `bytesMax` of them: readers that are a little behind are
 * served from here and share one read of the store when many of them replay. The oldest frame leaves first.
 */
export class FrameCache {
  readonly #bytesMax: number;
  readonly #framesOf = new Map<Feed, Map<number, SharedFrame>>();
  /** Oldest first. */
  readonly #order = new Map<SharedFrame, Feed>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The frame of `feed` that begins at `base`, while it is kept. */
  get(feed: Feed, base: number): SharedFrame | undefined {
    return this.#framesOf.get(feed)?.get(base);
  }

  add(feed: Feed, frame: SharedFrame): void {
    const frames = this.#framesOf.get(feed) ?? new Map<number, SharedFrame>();
    if (frames.has(frame.base)) return;
    frames.set(frame.base, frame);
    this.#framesOf.set(feed, frames);
    this.#order.set(frame, feed);
    this.#bytes += frame.bytes.length;
    for (const [oldest, owner] of this.#order) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#remove(owner, oldest);
    }
  }

  #remove(feed: Feed, frame: SharedFrame): void {
    this.#order.delete(frame);
    this.#bytes -= frame.bytes.length;
    const frames = this.#framesOf.get(feed);
    frames?.delete(frame.base);
    if (frames?.size === 0) this.#framesOf.delete(feed);
  }
}
