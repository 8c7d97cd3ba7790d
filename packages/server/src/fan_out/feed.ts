import { encodeSegment, type Segment, type StreamInfo } from '@packetboat/core';
import type { CacheBudget } from './cache_budget.ts';
import { type Encoded, Recent } from './recent.ts';
import { type Encode, Rendition } from './rendition.ts';
import type { Subscription } from './subscription.ts';

/** A stored segment as the frame that every subscription of the stream gets. */
export interface SharedFrame extends Encoded {
  /** Bytes of its batches: what credit counts. */
  readonly batchesBytes: number;
}

/** What is known of one incarnation of a stream that somebody reads; wakes its readers when that changes. */
export class Feed {
  /** Names the stream in segment frames; told in `subscribed`, never used again while the server runs. */
  readonly number: number;
  readonly stream: string;
  readonly subscriptions = new Set<Subscription>();
  /** Known from the first news on. */
  incarnation: string | undefined;
  /** Offset of the first retained record. */
  first = 0;
  /** Offset after the last record known. */
  tail = 0;
  closed = false;
  deleted = false;
  /** Its sliding lifetime, if it has one. */
  ttlMs: number | undefined;
  /** Readers that are about to come, so that the feed is kept although nobody reads yet. */
  opening = 0;
  readonly #budget: CacheBudget;
  readonly #frames: Recent<SharedFrame>;
  readonly #renditions = new Map<string, Rendition>();

  constructor(number: number, stream: string, budget: CacheBudget) {
    this.number = number;
    this.stream = stream;
    this.#budget = budget;
    this.#frames = new Recent(budget);
  }

  /** Nobody reads it. */
  get idle(): boolean {
    if (this.subscriptions.size > 0 || this.opening > 0) return false;
    for (const { followers } of this.#renditions.values()) if (followers.size > 0) return false;
    return true;
  }

  /** Takes what the store said; older news than what is known changes nothing, and wakes nobody. */
  learn(info: StreamInfo): void {
    const { first, tail, closed } = this;
    this.incarnation ??= info.incarnation;
    this.ttlMs = info.lifetime.ttlMs;
    this.first = Math.max(first, info.first);
    this.tail = Math.max(tail, info.tail);
    this.closed ||= info.closed;
    if (this.first !== first || this.tail !== tail || this.closed !== closed) this.wake();
  }

  /** Takes a segment that was committed: encoded once, whoever reads it. */
  committed(segment: Segment): void {
    this.incarnation ??= segment.incarnation;
    if (this.subscriptions.size > 0 && segment.count > 0) this.encode(segment);
    for (const rendition of this.#renditions.values()) rendition.committed(segment);
    this.tail = Math.max(this.tail, segment.base + segment.count);
    this.closed ||= segment.close;
    this.wake();
  }

  remove(): void {
    this.deleted = true;
    this.wake();
  }

  /** The frame that begins at `base`, while it is kept. */
  recent(base: number): SharedFrame | undefined {
    return this.#frames.get(base);
  }

  /** Encodes a segment for all who will want it. */
  encode(segment: Segment): SharedFrame {
    const frame = {
      base: segment.base,
      end: segment.base + segment.count,
      batchesBytes: segment.bytes.length,
      bytes: encodeSegment(this.number, segment),
    };
    this.#frames.add(frame);
    return frame;
  }

  /** The rendition of that name, made with `encode` unless there is one. */
  rendition(name: string, encode: Encode): Rendition {
    const rendition = this.#renditions.get(name) ?? new Rendition(encode, this.#budget);
    this.#renditions.set(name, rendition);
    return rendition;
  }

  wake(): void {
    for (const subscription of this.subscriptions) subscription.wake();
    for (const { followers } of this.#renditions.values()) for (const follower of followers) follower.wake();
  }
}
