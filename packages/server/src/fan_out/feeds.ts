import { type Absence, assert, type LogListener, type Segment, type Store, type StreamInfo } from '@packetboat/core';
import { CacheBudget } from './cache_budget.ts';
import { Feed, type SharedFrame } from './feed.ts';
import type { Follower } from './follower.ts';
import type { KeepAlive } from './keep_alive.ts';
import type { Piece, Rendition } from './rendition.ts';
import type { Subscription } from './subscription.ts';

/** The feeds of all streams that somebody reads, and the store's listener that drives them. */
export class Feeds implements LogListener {
  readonly #store: Store;
  readonly #budget: CacheBudget;
  readonly #keepAlive: KeepAlive;
  readonly #feeds = new Map<string, Feed>();
  #lastNumber = 0;
  #subscriptions = 0;

  constructor(store: Store, cacheBytesMax: number, keepAlive: KeepAlive) {
    this.#store = store;
    this.#keepAlive = keepAlive;
    this.#budget = new CacheBudget(cacheBytesMax);
  }

  /** Subscriptions over all feeds. */
  get subscriptionCount(): number {
    return this.#subscriptions;
  }

  /**
   * Opens the feed of a stream, with what the store knows of it. The feed listens before the store is asked, so
   * that no commit falls between. The caller calls {@linkcode settle} when it reads, or has given up.
   */
  async open(stream: string): Promise<{ feed: Feed; info: StreamInfo | Absence }> {
    const feed = this.#feeds.get(stream) ?? this.#add(stream);
    feed.opening += 1;
    try {
      const info = await this.#store.log.info(stream);
      if (typeof info === 'string') return { feed, info };
      if (!this.#isCurrent(feed, info.incarnation)) return { feed, info: 'gone' };
      feed.learn(info);
      return { feed, info };
    } catch (error) {
      this.settle(feed);
      throw error;
    }
  }

  /** Ends what {@linkcode open} began. */
  settle(feed: Feed): void {
    feed.opening -= 1;
    this.#dropIfIdle(feed);
  }

  attach(subscription: Subscription): void {
    subscription.feed.subscriptions.add(subscription);
    this.#subscriptions += 1;
    this.#keep(subscription.feed);
    subscription.wake();
  }

  detach(subscription: Subscription): void {
    if (!subscription.feed.subscriptions.delete(subscription)) return;
    this.#subscriptions -= 1;
    this.#dropIfIdle(subscription.feed);
  }

  follow(follower: Follower): void {
    follower.rendition.followers.add(follower);
    this.#keep(follower.feed);
  }

  unfollow(follower: Follower): void {
    if (follower.rendition.followers.delete(follower)) this.#dropIfIdle(follower.feed);
  }

  /** Reads what follows `from`, as frames; nothing when the feed has news instead: it was trimmed or deleted. */
  async read(feed: Feed, from: number, bytesMax: number): Promise<SharedFrame[]> {
    const segments = await this.#read(feed, from, bytesMax);
    return segments.map((segment) => feed.encode(segment));
  }

  /** The same, as pieces of `rendition`. */
  async readPieces(feed: Feed, rendition: Rendition, from: number, bytesMax: number): Promise<readonly Piece[]> {
    const segments = await this.#read(feed, from, bytesMax);
    return segments.length === 0 ? [] : rendition.encode(segments, from);
  }

  async #read(feed: Feed, from: number, bytesMax: number): Promise<readonly Segment[]> {
    const outcome = await this.#store.log.read(feed.stream, from, bytesMax);
    if (!this.#isCurrent(feed, 'info' in outcome ? outcome.info.incarnation : undefined)) return [];
    if (outcome.kind === 'trimmed') {
      feed.learn(outcome.info);
      return [];
    }
    assert(outcome.kind === 'segments' && outcome.segments.length > 0, 'what was committed can be read');
    return outcome.segments;
  }

  segment(segment: Segment): void {
    this.#feeds.get(segment.stream)?.committed(segment);
  }

  trimmed(info: StreamInfo): void {
    this.#feeds.get(info.stream)?.learn(info);
  }

  deleted(stream: string, incarnation: string): void {
    const feed = this.#feeds.get(stream);
    if (feed === undefined || (feed.incarnation ?? incarnation) !== incarnation) return;
    this.#drop(feed);
    feed.remove();
    this.#dropIfIdle(feed);
  }

  /** Whether the store still has the feed's incarnation; a reader may see a deletion before the listener is told. */
  #isCurrent(feed: Feed, incarnation: string | undefined): boolean {
    const current = incarnation !== undefined && (feed.incarnation ?? incarnation) === incarnation;
    if (!current && feed.incarnation !== undefined) this.deleted(feed.stream, feed.incarnation);
    return current && !feed.deleted;
  }

  #add(stream: string): Feed {
    this.#lastNumber += 1;
    const feed = new Feed(this.#lastNumber, stream, this.#budget);
    this.#feeds.set(stream, feed);
    return feed;
  }

  #dropIfIdle(feed: Feed): void {
    if (feed.idle && this.#feeds.get(feed.stream) === feed) this.#drop(feed);
  }

  #keep({ stream, ttlMs, deleted }: Feed): void {
    if (ttlMs !== undefined && !deleted) this.#keepAlive.keep(stream, ttlMs);
  }

  #drop({ stream }: Feed): void {
    this.#feeds.delete(stream);
    this.#keepAlive.drop(stream);
  }
}
