import { type Absence, type Limits, PacketboatError, type Segment, type Timers } from '@packetboat/core';
import type { Feeds } from './feeds.ts';
import { Follower } from './follower.ts';
import type { ReadQueue } from './read_queue.ts';
import type { Piece } from './rendition.ts';

/** How somebody follows a stream over HTTP. */
export type LiveKind = 'longPoll' | 'sse';

/** What {@linkcode LiveReaders} needs. */
export interface LiveReadersOptions {
  readonly feeds: Feeds;
  readonly reads: ReadQueue;
  readonly timers: Timers;
  readonly limits: Pick<Limits, 'liveReadersMax' | 'liveReadersPerClientMax'>;
}

/** Who wants to follow which stream. */
export interface LiveReader {
  readonly stream: string;
  readonly kind: LiveKind;
  /** The peer's address. */
  readonly client: string;
  /** Aborted when the peer has left: what the reader holds is let go. */
  readonly signal: AbortSignal;
  /** Encodes records for all readers of this kind, given the stream's content type. */
  readonly encode: (segments: readonly Segment[], from: number, contentType: string) => readonly Piece[];
}

/** A reader that was let in. */
export interface LiveReading extends Disposable {
  readonly follower: Follower;
}

/** When one that found no room may ask again. */
const retryAfterMs = 5_000;

/** Readers that wait for news over HTTP: their number is bounded, over all and for each client (FAILURES row 14). */
export class LiveReaders {
  readonly #options: LiveReadersOptions;
  readonly #followers = new Set<Follower>();
  readonly #counts: Record<LiveKind, number> = { longPoll: 0, sse: 0 };
  readonly #countOf = new Map<string, number>();
  #stopped = false;

  constructor(options: LiveReadersOptions) {
    this.#options = options;
  }

  /** Readers at the moment. */
  count(kind: LiveKind): number {
    return this.#counts[kind];
  }

  /**
   * Lets a reader in. The caller disposes of what it gets; that the peer has left does the same.
   *
   * @throws {PacketboatError} `limitReached` or `rateLimited`
   */
  async open(reader: LiveReader): Promise<LiveReading | Absence> {
    const { stream, kind, signal, encode } = reader;
    const { feeds, reads, timers } = this.#options;
    const leave = this.#enter(reader);
    const { feed, info } = await feeds.open(stream).catch((error: unknown) => {
      leave();
      throw error;
    });
    try {
      if (typeof info === 'string') {
        leave();
        return info;
      }
      const { contentType } = info;
      const rendition = feed.rendition(kind, (segments, from) => encode(segments, from, contentType));
      return this.#reading(new Follower({ feeds, feed, rendition, info, reads, timers }), leave, signal);
    } finally {
      feeds.settle(feed);
    }
  }

  /** Ends all readers, and those who come later. */
  stop(): void {
    this.#stopped = true;
    for (const follower of this.#followers) follower.end();
  }

  #reading(follower: Follower, leave: () => void, signal: AbortSignal): LiveReading {
    const close = () => {
      if (!this.#followers.delete(follower)) return;
      signal.removeEventListener('abort', close);
      follower.end();
      this.#options.feeds.unfollow(follower);
      leave();
    };
    this.#followers.add(follower);
    this.#options.feeds.follow(follower);
    signal.addEventListener('abort', close);
    if (signal.aborted) close();
    if (this.#stopped) follower.end();
    return { follower, [Symbol.dispose]: close };
  }

  /** Counts a reader. @returns what takes it out of the count. */
  #enter({ kind, client }: LiveReader): () => void {
    const { liveReadersMax, liveReadersPerClientMax } = this.#options.limits;
    if (this.#counts.longPoll + this.#counts.sse >= liveReadersMax) {
      const message = `As many readers wait for news as may (liveReadersMax ${liveReadersMax})`;
      throw new PacketboatError('rateLimited', message, { retryAfterMs });
    }
    const ofClient = this.#countOf.get(client) ?? 0;
    if (ofClient >= liveReadersPerClientMax) {
      const message = `As many readers of your address wait as may (liveReadersPerClientMax ${liveReadersPerClientMax})`;
      throw new PacketboatError('limitReached', message, { retryAfterMs });
    }
    this.#counts[kind] += 1;
    this.#countOf.set(client, ofClient + 1);
    return () => {
      this.#counts[kind] -= 1;
      const left = (this.#countOf.get(client) ?? 0) - 1;
      if (left === 0) this.#countOf.delete(client);
      else this.#countOf.set(client, left);
    };
  }
}
