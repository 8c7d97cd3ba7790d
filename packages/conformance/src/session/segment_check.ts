import { type Batch, batchRecords, crc32, openBatches, type SegmentFrame } from '@packetboat/core';
import { wideLimits } from './wide_limits.ts';

const decoder = new TextDecoder();

/** Holds the segments of one subscription to section 6 of the document: nothing is missing, twice, or changed. */
export class SegmentCheck {
  #position: number;
  /** Unknown before the first segment of a reader that began in the middle. */
  #checksum: number | undefined;
  /** Where the next segment must begin; the first may begin earlier. */
  #next: number | undefined;

  /** The CRCs of all batches of producers that were ever sealed: others are none. */
  readonly #sealed: ReadonlySet<number>;

  /** @param from As told in `subscribed`. */
  constructor(from: number, sealed: ReadonlySet<number>) {
    this.#sealed = sealed;
    this.#position = from;
    this.#checksum = from === 0 ? 0 : undefined;
  }

  /** The server told that the records before `to` are gone. */
  gap(to: number): void {
    this.#position = to;
    this.#next = undefined;
    this.#checksum = undefined;
  }

  /** The segment's new records, or what is wrong with it. */
  take(frame: SegmentFrame): string[] | { readonly wrong: string } {
    const { base, count, checksumBefore, checksumAfter } = frame;
    const wrong = (what: string) => ({ wrong: `segment ${base} … ${base + count}: ${what}` });
    const expected = this.#next ?? this.#position;
    if (this.#next === undefined ? base > expected : base !== expected) return wrong(`it should begin at ${expected}`);
    if (this.#checksum !== undefined && checksumBefore !== this.#checksum) {
      return wrong(`checksum before is ${checksumBefore}, computed ${this.#checksum}`);
    }
    const batches = opened(frame);
    if (typeof batches === 'string') return wrong(batches);
    let checksum = checksumBefore;
    let offset = base;
    const records: string[] = [];
    for (const batch of batches) {
      if (batch.producer !== undefined && !this.#sealed.has(batch.crc))
        return wrong('it holds a batch that no producer has sent');
      checksum = crc32(batch.payload, checksum);
      for (const { bytes } of batchRecords(batch)) {
        if (offset >= this.#position) records.push(decoder.decode(bytes));
        offset += 1;
      }
    }
    if (offset !== base + count) return wrong(`it holds ${offset - base} records`);
    if (checksum !== checksumAfter) return wrong(`checksum after is ${checksumAfter}, computed ${checksum}`);
    this.#next = offset;
    this.#position = Math.max(this.#position, offset);
    this.#checksum = checksum;
    return records;
  }
}

/** The batches of a segment, or why they are none. */
function opened({ batches }: SegmentFrame): Batch[] | string {
  try {
    return openBatches(batches, crc32, wideLimits);
  } catch (error) {
    return String(error);
  }
}
