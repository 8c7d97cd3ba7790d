import type { Gap, PacketboatError } from '@packetboat/core';
import { badFrame } from './bad_frame.ts';
import type { CheckedSegment } from './chain.ts';
import { Gate } from './gate.ts';

/** Something received that the user has not taken yet. */
export type Arrival =
  | { readonly kind: 'segment'; readonly segment: CheckedSegment; readonly bytes: number }
  | { readonly kind: 'gap'; readonly gap: Gap; readonly bytes: number };

/** Why nothing more comes. */
export type EndReason = 'closed' | 'deleted' | 'caughtUp' | 'stopped';

/**
 * What a reader was sent and has not taken, in order, and then why nothing more comes. It counts the bytes: they are
 * bounded whatever the server does (P7), and become credit again when the user is done with them.
 */
export class Arrivals {
  readonly #bytesMax: number;
  readonly #arrived = new Gate();
  #waiting: Arrival[] = [];
  #heldBytes = 0;
  #creditBytes = 0;
  #freedBytes = 0;
  #ended: EndReason | undefined;
  #error: PacketboatError | undefined;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Credit that comes back when the user is done with what is held. A gap that the server told cost none. */
  get creditBytes(): number {
    return this.#creditBytes;
  }

  /** Why nothing more will be added. */
  get ended(): EndReason | undefined {
    return this.#ended;
  }

  /** The error that will be thrown in the end. */
  get error(): PacketboatError | undefined {
    return this.#error;
  }

  /**
   * Counts bytes that are about to be added. To be called before anything else notes that they came: what was noted
   * is never sent again.
   *
   * @throws {PacketboatError} `badFrame` when the server sends more than it was granted.
   */
  hold(bytes: number): void {
    const heldBytes = this.#heldBytes + bytes;
    if (heldBytes > this.#bytesMax) throw badFrame(`${heldBytes} bytes came unread, ${this.#bytesMax} were granted`);
    this.#heldBytes = heldBytes;
  }

  /** Adds what was counted by {@linkcode hold}. */
  add(arrival: Arrival): void {
    if (arrival.kind === 'segment') this.#creditBytes += arrival.bytes;
    this.#waiting.push(arrival);
    this.#arrived.open();
  }

  /** Settles with the next arrival, or `undefined` when there will be none. Rejects after the last good arrival. */
  async next(): Promise<Arrival | undefined> {
    for (;;) {
      const arrival = this.#waiting.shift();
      if (arrival !== undefined) return arrival;
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended !== undefined) return undefined;
      await this.#arrived.wait();
    }
  }

  /** The user is done with an arrival. */
  done(arrival: Arrival): void {
    this.#heldBytes -= arrival.bytes;
    if (arrival.kind === 'gap') return;
    this.#creditBytes -= arrival.bytes;
    this.#freedBytes += arrival.bytes;
  }

  /** The credit that was freed since the last time, once it is worth a message: `leastBytes` or more. */
  takeFreed(leastBytes: number): number | undefined {
    if (this.#freedBytes === 0 || this.#freedBytes < leastBytes) return undefined;
    const freedBytes = this.#freedBytes;
    this.#freedBytes = 0;
    return freedBytes;
  }

  /** Nothing more will be added. Only the first reason counts. */
  end(reason: EndReason, error: PacketboatError | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#error = error;
    this.#arrived.open();
  }

  /** The user wants no more: what was not taken is dropped, and that is then the reason. */
  stop(error: PacketboatError | undefined): void {
    this.#waiting = [];
    this.#ended = 'stopped';
    this.#error ??= error;
    this.#arrived.open();
  }
}
