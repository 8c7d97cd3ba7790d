import { type Limits, type RecordInput, sealedBytes } from '@packetboat/core';
import type { Receipt } from './receipt.ts';

/** Records that will be sealed into one batch; all of them share one promise. */
export interface Gathering {
  readonly records: RecordInput[];
  /** Bytes of the batch they will be. */
  bytes: number;
  readonly settled: PromiseWithResolvers<Receipt>;
}

/**
 * Gathers records into batches of about `batchBytesTarget`, in order. It decides what goes into one batch, never
 * when it goes: there is no timer here. A record that is larger than the target gets a batch of its own.
 */
export class Batcher {
  readonly #emptyBytes: number;
  /** Oldest first; only the last one still grows. */
  readonly #gatherings: Gathering[] = [];
  #queuedBytes = 0;

  constructor(producerIdBytes: number) {
    this.#emptyBytes = sealedBytes(producerIdBytes, 0, 0);
  }

  /** Bytes of the batches that wait. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** How many batches wait. The last one may still grow. */
  get length(): number {
    return this.#gatherings.length;
  }

  /** The newest records that wait. */
  get last(): Gathering | undefined {
    return this.#gatherings.at(-1);
  }

  /** Adds a record; the promise is that of its batch. `bytesTarget` ends a batch before it gets larger. */
  add(record: RecordInput, bytesTarget: number, limits: Limits): Promise<Receipt> {
    const recordBytes = sealedBytes(0, 1, record.bytes.length) - sealedBytes(0, 0, 0);
    let gathering = this.#gatherings.at(-1);
    if (
      gathering === undefined ||
      gathering.bytes + recordBytes > bytesTarget ||
      gathering.records.length >= limits.batchRecordsMax
    ) {
      gathering = { records: [], bytes: this.#emptyBytes, settled: Promise.withResolvers<Receipt>() };
      // Who publishes without looking learns of a failure from ready(), flush() or close(), not from a crash.
      gathering.settled.promise.catch(() => undefined);
      this.#gatherings.push(gathering);
      this.#queuedBytes += gathering.bytes;
    }
    gathering.records.push(record);
    gathering.bytes += recordBytes;
    this.#queuedBytes += recordBytes;
    return gathering.settled.promise;
  }

  /** Takes out the oldest batch. */
  take(): Gathering | undefined {
    const gathering = this.#gatherings.shift();
    if (gathering !== undefined) this.#queuedBytes -= gathering.bytes;
    return gathering;
  }
}
