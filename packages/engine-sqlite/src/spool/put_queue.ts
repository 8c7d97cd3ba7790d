import { PacketboatError, type RecordInput } from '@packetboat/core';

/** Records that wait to be stored together, and whom to tell. */
export interface QueuedPut {
  readonly records: readonly RecordInput[];
  readonly mark: string | undefined;
  /** Bytes the records take in the spool. */
  readonly bytes: number;
  readonly resolve: (first: number) => void;
  readonly reject: (error: unknown) => void;
}

/** What became of one put: the number of its first sample, or why it was refused. */
export type PutResult = number | PacketboatError;

/**
 * Gathers what is put in by many callers at once into one commit: whatever came before the next turn of the
 * microtask queue. A lone caller waits for nobody.
 */
export class PutQueue {
  readonly #store: (puts: readonly QueuedPut[]) => readonly PutResult[];
  readonly #commitBytesMax: number;
  readonly #queueBytesMax: number;
  #waiting: QueuedPut[] = [];
  #waitingBytes = 0;
  #scheduled = false;

  /** @param store Stores puts in one commit and says what became of each; throws when none was stored. */
  constructor(
    store: (puts: readonly QueuedPut[]) => readonly PutResult[],
    limits: { readonly commitBytesMax: number; readonly appendQueueBytesMax: number },
  ) {
    this.#store = store;
    this.#commitBytesMax = limits.commitBytesMax;
    this.#queueBytesMax = limits.appendQueueBytesMax;
  }

  add(put: QueuedPut): void {
    if (this.#waitingBytes + put.bytes > this.#queueBytesMax && this.#waiting.length > 0) {
      put.reject(new PacketboatError('busy', `${this.#waitingBytes} bytes already wait to be put into the spool`));
      return;
    }
    this.#waiting.push(put);
    this.#waitingBytes += put.bytes;
    this.#schedule();
  }

  /** Stores everything that waits. */
  flush(): void {
    while (this.#waiting.length > 0) this.#storeSome();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  #storeSome(): void {
    let count = 0;
    let bytes = 0;
    for (const put of this.#waiting) {
      if (count > 0 && bytes + put.bytes > this.#commitBytesMax) break;
      count += 1;
      bytes += put.bytes;
    }
    const puts = this.#waiting.splice(0, count);
    this.#waitingBytes -= bytes;
    try {
      const results = this.#store(puts);
      for (const [index, put] of puts.entries()) settle(put, results[index]);
    } catch (error) {
      for (const put of puts) put.reject(error);
    }
  }
}

function settle(put: QueuedPut, result: PutResult | undefined): void {
  if (typeof result === 'number') put.resolve(result);
  else put.reject(result);
}
