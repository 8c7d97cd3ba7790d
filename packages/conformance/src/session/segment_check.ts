import { batchRecords, crc32, defaultLimits, openBatches, type SegmentFrame } from '@packetboat/core';

const decoder = new TextDecoder();
/** What this suite takes: a server's own limits may be lower. */
const limits = {
  ...defaultLimits,
  recordBytesMax: defaultLimits.frameBytesMax,
  batchBytesMax: defaultLimits.frameBytesMax,
};

/** Holds the segments of one subscription to section 6 of the document: nothing is missing, twice, or changed. */
export class SegmentCheck {
  #position: number;
  /** Unknown before the first segment of a reader that began in the middle. */
  #checksum: number | undefined;
  /** Where the next segment must begin; the first may begin earlier. */
  #next: number | undefined;

  /** @param from As told in `subscribed`. */
  constructor(from: number) {
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
    let checksum = checksumBefore;
    let offset = base;
    const records: string[] = [];
    for (const batch of openBatches(frame.batches, crc32, limits)) {
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
