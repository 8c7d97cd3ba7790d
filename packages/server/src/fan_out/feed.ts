import { encodeSegment, type Segment, type StreamInfo } from '@packetboat/core';
import type { FrameCache, SharedFrame } from './frame_cache.ts';
import type { Subscription } from './subscription.ts';

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
  /** Connections that are about to subscribe, so that the feed is kept although nobody reads yet. */
  opening = 0;
  readonly #cache: FrameCache;

  constructor(number: number, stream: string, cache: FrameCache) {
    this.number = number;
    this.stream = stream;
    this.#cache = cache;
  }

  /** Takes what the store said; older news than what is known changes nothing. */
  learn(info: StreamInfo): void {
    this.incarnation ??= info.incarnation;
    this.first = Math.max(this.first, info.first);
    this.tail = Math.max(this.tail, info.tail);
    this.closed ||= info.closed;
    this.wake();
  }

  /** Takes a segment that was committed: encoded once, whoever reads it. */
  committed(segment: Segment): void {
    this.incarnation ??= segment.incarnation;
    if (this.subscriptions.size > 0 && segment.count > 0) this.encode(segment);
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
    return this.#cache.get(this, base);
  }

  /** Encodes a segment for all who will want it. */
  encode(segment: Segment): SharedFrame {
    const frame = {
      base: segment.base,
      end: segment.base + segment.count,
      batchesBytes: segment.bytes.length,
      bytes: encodeSegment(this.number, segment),
    };
    this.#cache.add(this, frame);
    return frame;
  }

  wake(): void {
    for (const subscription of this.subscriptions) subscription.wake();
  }
}
