import type { Limits } from '@packetboat/core';
import type { Receipt } from './receipt.ts';

type WindowLimits = Pick<Limits, 'windowBatchesMax' | 'windowBytesMax'>;

interface Pending {
  readonly bytes: Uint8Array;
  readonly sequence: number;
  readonly settled: PromiseWithResolvers<Receipt>;
}

/**
 * The batches of a channel that have no receipt yet, in order: first those that have left, then those that wait. It
 * keeps them until they are settled, so that all of them can leave once more after a {@linkcode rewind} (P2, F11).
 *
 * The limits are given to each call, for every server that we come back to may have others.
 */
export class SendWindow {
  readonly #pending: Pending[] = [];
  #pendingBytes = 0;
  /** How many of them have left. */
  #sent = 0;
  #sentBytes = 0;

  /** How many batches have no receipt. */
  get length(): number {
    return this.#pending.length;
  }

  /** Sequence of the oldest batch without receipt. */
  get first(): number | undefined {
    return this.#pending[0]?.sequence;
  }

  /** Whether it takes another batch. */
  hasRoom(limits: WindowLimits): boolean {
    return this.#pending.length < limits.windowBatchesMax && this.#pendingBytes < limits.windowBytesMax;
  }

  /** Adds a batch behind the others; settles with its receipt. */
  add(bytes: Uint8Array, sequence: number): Promise<Receipt> {
    const settled = Promise.withResolvers<Receipt>();
    this.#pending.push({ bytes, sequence, settled });
    this.#pendingBytes += bytes.length;
    return settled.promise;
  }

  /** The next batch to be sent, which counts as sent from now on; none while the limits are reached. */
  takeNext(limits: WindowLimits): Uint8Array | undefined {
    const next = this.#pending[this.#sent];
    if (this.#sent >= limits.windowBatchesMax || this.#sentBytes >= limits.windowBytesMax) return undefined;
    if (next === undefined) return undefined;
    this.#sent += 1;
    this.#sentBytes += next.bytes.length;
    return next.bytes;
  }

  /** What was sent and is not settled must be sent again. */
  rewind(): void {
    this.#sent = 0;
    this.#sentBytes = 0;
  }

  /** Whether the batch `sequence` has left and is not settled. */
  hasSent(sequence: number): boolean {
    const first = this.first;
    return first !== undefined && sequence >= first && sequence < first + this.#sent;
  }

  /** Settles all batches up to `receipt.sequence`, which have left. Only the last of them is told its offset. */
  settle(receipt: Receipt): void {
    const { sequence, offset } = receipt;
    const count = this.#pending.findIndex((each) => each.sequence === sequence) + 1;
    for (const { bytes, sequence: own, settled } of this.#pending.splice(0, count)) {
      this.#pendingBytes -= bytes.length;
      this.#sentBytes -= bytes.length;
      this.#sent -= 1;
      settled.resolve({ ...receipt, sequence: own, offset: own === sequence ? offset : undefined });
    }
  }

  /** Rejects all batches. */
  fail(error: Error): void {
    for (const { settled } of this.#pending.splice(0)) settled.reject(error);
    this.#pendingBytes = 0;
    this.rewind();
  }
}
