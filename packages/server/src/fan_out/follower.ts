import type { StreamInfo, Timers } from '@packetboat/core';
import type { Feed } from './feed.ts';
import type { Feeds } from './feeds.ts';
import type { ReadQueue } from './read_queue.ts';
import type { Piece, Rendition } from './rendition.ts';

/** What a {@linkcode Follower} needs. */
export interface FollowerOptions {
  readonly feeds: Feeds;
  readonly feed: Feed;
  readonly rendition: Rendition;
  /** What the store said when the feed was open. */
  readonly info: StreamInfo;
  readonly reads: ReadQueue;
  readonly timers: Timers;
}

/**
 * A reader that asks: it takes pieces from where it is, and waits for news when there are none. Nothing is pushed to
 * it and it holds nothing, so one that stops asking is simply behind in the log (P7). It has its place in the feed
 * before the store was asked, so that no commit falls between.
 */
export class Follower {
  readonly info: StreamInfo;
  readonly #options: FollowerOptions;
  #wake: () => void = () => undefined;
  #over = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.info = options.info;
  }

  get feed(): Feed {
    return this.#options.feed;
  }

  get rendition(): Rendition {
    return this.#options.rendition;
  }

  /** Whether it was told to end: its peer has left, or the server stops. */
  get over(): boolean {
    return this.#over;
  }

  /** Something changed. */
  wake(): void {
    this.#wake();
  }

  /** It shall end; its loop sees {@linkcode over}. */
  end(): void {
    this.#over = true;
    this.#wake();
  }

  /** Settles when something has changed, at the latest after `delayMs`. One wait at a time. */
  async wait(delayMs: number): Promise<void> {
    if (this.#over) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.timers.after(delayMs, resolve);
    this.#wake = resolve;
    await promise;
    timer.cancel();
  }

  /**
   * Pieces that follow each other from `from`, which is before the tail, of at most about `bytesMax` records; none
   * when the feed has news instead: it was trimmed or deleted.
   */
  pieces(from: number, bytesMax: number): Promise<readonly Piece[]> {
    const { feeds, feed, rendition, reads } = this.#options;
    return rendition.pieces(from, () =>
      // Those who wanted it may have left while it stood in line.
      reads.run(async () => (rendition.followers.size === 0 ? [] : feeds.readPieces(feed, rendition, from, bytesMax))),
    );
  }
}
