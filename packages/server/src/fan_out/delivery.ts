import type { FrameSender, Limits } from '@packetboat/core';
import { asPacketboatError } from '../as_packetboat_error.ts';
import type { Feeds } from './feeds.ts';
import type { ReadJob, ReadQueue } from './read_queue.ts';
import type { Subscription } from './subscription.ts';

/** What a {@linkcode Delivery} needs. */
export interface DeliveryOptions {
  readonly feeds: Feeds;
  readonly limits: Limits;
  readonly sender: FrameSender;
  readonly reads: ReadQueue;
}

/** The smallest room that is worth a turn: a peer leaves up to this much unreported for good. */
const roomBytesMin = 4_096;

/**
 * Shares one connection among its subscriptions, in turns of one frame. It hands frames over only while little is
 * on its way: what the link drains in a heartbeat interval, at most `connectionBufferBytesMax`, overdrawn by at most
 * one frame. One read of the store at a time serves those that are behind.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  /** Subscriptions that wait for a turn, in order. */
  readonly #ready = new Set<Subscription>();
  /** Subscriptions that wait for the store, in order. */
  readonly #behind = new Set<Subscription>();
  #job: ReadJob | undefined;
  /** Room kept for what is being read. */
  #reservedBytes = 0;
  #stopped = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  ready(subscription: Subscription): void {
    if (this.#stopped || this.#behind.has(subscription)) return;
    this.#ready.add(subscription);
    this.pump();
  }

  send(frame: Uint8Array): void {
    if (!this.#stopped) this.#options.sender.send(frame);
  }

  /** Gives turns while there is room: called when the peer has taken something. */
  pump(): void {
    for (const subscription of this.#ready) {
      if (this.#stopped || this.#roomBytes() <= 0) return;
      this.#ready.delete(subscription);
      const step = subscription.step();
      if (step === 'sent') this.#ready.add(subscription);
      if (step === 'behind') this.#behind.add(subscription);
    }
    this.#readNext();
  }

  /** The connection is gone. */
  stop(): void {
    this.#stopped = true;
    this.#ready.clear();
    this.#behind.clear();
    if (this.#job !== undefined) this.#options.reads.cancel(this.#job);
  }

  #roomBytes(): number {
    const { sender, limits } = this.#options;
    const roomBytesMax = Math.max(roomBytesMin, Math.min(limits.connectionBufferBytesMax, 2 * sender.pieceBytes));
    return roomBytesMax - sender.pendingBytes - this.#reservedBytes;
  }

  #readNext(): void {
    if (this.#job !== undefined) return;
    const [subscription] = this.#behind;
    if (subscription === undefined) return;
    // Half of the room: live streams of the same connection go on meanwhile.
    const bytesMax = Math.max(1, Math.trunc(Math.min(subscription.creditBytes, this.#roomBytes() / 2)));
    this.#reservedBytes = bytesMax;
    this.#job = async () => {
      await this.#read(subscription, bytesMax);
      this.#job = undefined;
      this.#reservedBytes = 0;
      this.#behind.delete(subscription);
      if (!subscription.over) this.#ready.add(subscription);
      this.pump();
    };
    this.#options.reads.add(this.#job);
  }

  /** Reads for one subscription, unless somebody else's read has brought its frame meanwhile. */
  async #read(subscription: Subscription, bytesMax: number): Promise<void> {
    const { feed, position } = subscription;
    if (this.#stopped || subscription.over || feed.deleted || feed.recent(position) !== undefined) return;
    try {
      subscription.take(await this.#options.feeds.read(feed, position, bytesMax));
    } catch (error) {
      subscription.fail(asPacketboatError(error));
    }
  }
}
