import type { PacketboatError } from '@packetboat/core';
import type { Delivery } from './delivery.ts';
import type { Feed, SharedFrame } from './feed.ts';

/** What a subscription tells its reader, beside frames; said in order with them. */
export interface SubscriptionEvents {
  /** Records `from` … `to` (exclusive) are gone (P6). */
  readonly gap: (from: number, to: number) => void;
  /** Everything that existed was sent; what follows is live. Once. */
  readonly caughtUp: (offset: number) => void;
  /** Nothing more will come. */
  readonly ended: (reason: 'closed' | 'deleted', offset: number) => void;
  /** The stream cannot be read on. */
  readonly failed: (error: PacketboatError) => void;
}

/** What a {@linkcode Subscription} needs. */
export interface SubscriptionOptions {
  readonly feed: Feed;
  readonly delivery: Delivery;
  /** Offset to begin at. */
  readonly from: number;
  readonly creditBytes: number;
  readonly creditBytesMax: number;
  readonly events: SubscriptionEvents;
}

/** What a subscription did in its turn: nothing to do, a frame sent, or its next records are only in the store. */
export type Step = 'idle' | 'sent' | 'behind';

/**
 * One reader's place in one stream. It never holds records: a reader without credit, or whose connection has
 * enough on its way, is simply behind in the log, and goes on from there when it can take more (P7).
 */
export class Subscription {
  readonly feed: Feed;
  readonly #options: SubscriptionOptions;
  /** Offset of the next record to send. */
  #position: number;
  #creditBytes: number;
  #saidCaughtUp = false;
  #over = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.feed = options.feed;
    this.#position = options.from;
    this.#creditBytes = Math.min(options.creditBytes, options.creditBytesMax);
  }

  /** Everything before it was sent or told as a gap: how far a cursor may move. */
  get position(): number {
    return this.#position;
  }

  get creditBytes(): number {
    return this.#creditBytes;
  }

  /** Nothing more will be sent. */
  get over(): boolean {
    return this.#over;
  }

  grant(bytes: number): void {
    this.#creditBytes = Math.min(this.#creditBytes + bytes, this.#options.creditBytesMax);
    this.wake();
  }

  /** Something changed: asks for a turn, unless there is nothing to do. */
  wake(): void {
    if (!this.#over && this.#hasWork()) this.#options.delivery.ready(this);
  }

  /** Takes one turn. */
  step(): Step {
    const { feed } = this;
    const { events } = this.#options;
    if (this.#over) return 'idle';
    if (feed.deleted) return this.#end('deleted');
    if (this.#position < feed.tail && this.#creditBytes <= 0) return 'idle';
    // Only to one that reads: it is told of one gap, however often the stream is trimmed meanwhile.
    if (this.#position < feed.first) {
      events.gap(this.#position, feed.first);
      this.#position = feed.first;
    }
    if (this.#position >= feed.tail) {
      if (!this.#saidCaughtUp) events.caughtUp(this.#position);
      this.#saidCaughtUp = true;
      return feed.closed ? this.#end('closed') : 'idle';
    }
    const frame = feed.recent(this.#position);
    if (frame === undefined) return 'behind';
    this.#send(frame);
    return 'sent';
  }

  /** Sends what was read for it from the store; the last frame may overdraw the credit. */
  take(frames: Iterable<SharedFrame>): void {
    for (const frame of frames) {
      const wanted = frame.base <= this.#position && frame.end > this.#position;
      if (this.#over || !wanted || this.#creditBytes <= 0) return;
      this.#send(frame);
    }
  }

  fail(error: PacketboatError): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.events.failed(error);
  }

  /** The reader is gone, or wants no more. */
  stop(): void {
    this.#over = true;
  }

  #hasWork(): boolean {
    const { feed } = this;
    if (feed.deleted) return true;
    if (this.#position >= feed.tail) return !this.#saidCaughtUp || feed.closed;
    return this.#creditBytes > 0;
  }

  #send(frame: SharedFrame): void {
    this.#position = frame.end;
    this.#creditBytes -= frame.batchesBytes;
    this.#options.delivery.send(frame.bytes);
  }

  #end(reason: 'closed' | 'deleted'): Step {
    this.#over = true;
    this.#options.events.ended(reason, this.#position);
    return 'idle';
  }
}
