import {
  type Batch,
  batchRecords,
  type Crc32,
  type Limits,
  openBatches,
  PacketboatError,
  type SegmentFrame,
} from '@packetboat/core';

/** A segment that was checked, and continues what was read before. */
export interface CheckedSegment {
  /** Offset of the first record of `batches`. */
  readonly base: number;
  readonly batches: readonly Batch[];
  /** Records at the front that the reader does not want: it began in the middle of the segment. */
  readonly skip: number;
  /** Running checksum before the first record of `batches`. */
  readonly checksumBefore: number;
}

/**
 * What a reader has received of one stream, and the proof that it is whole (P5): every batch has its CRC, every
 * segment begins where the one before ended, and the running checksum computed here is the one the server tells.
 */
export class Chain {
  readonly #crc32: Crc32;
  readonly #limits: Limits;
  #offset: number;
  /** Unknown until a segment tells it, after a start in the middle of a stream or a gap. */
  #checksum: number | undefined;

  constructor(offset: number, crc32: Crc32, limits: Limits) {
    this.#offset = offset;
    this.#checksum = offset === 0 ? 0 : undefined;
    this.#crc32 = crc32;
    this.#limits = limits;
  }

  /** Offset of the record that must come next. */
  get offset(): number {
    return this.#offset;
  }

  /** Goes on at `offset`: what lies before is lost, and known to be. */
  jump(offset: number): void {
    this.#offset = offset;
    this.#checksum = undefined;
  }

  /**
   * Takes the next segment.
   *
   * @throws {PacketboatError} `checksumMismatch` when it is damaged or does not continue what was read.
   */
  take(frame: SegmentFrame): CheckedSegment {
    const { base, count, checksumBefore, checksumAfter } = frame;
    const end = base + count;
    if (base > this.#offset) throw mismatch(`records ${this.#offset} … ${base - 1} are missing`);
    // A segment without records closes the stream.
    if (end < this.#offset || (end === this.#offset && count > 0)) {
      throw mismatch(`records ${base} … ${end - 1} came again`);
    }
    const batches = this.#open(frame);
    if (batches.length === 0) throw mismatch(`the segment at ${base} is empty`);
    const skip = this.#offset - base;
    let records = 0;
    let checksum = checksumBefore;
    for (const batch of batches) {
      records += batch.count;
      checksum = this.#crc32(batch.payload, checksum);
    }
    if (records !== count) throw mismatch(`a segment of ${count} records holds ${records}`);
    if (checksum !== checksumAfter)
      throw mismatch(`the running checksum at ${end} is ${checksum}, not ${checksumAfter}`);
    if (this.#checksum !== undefined) {
      const own = checksumAt(batches, skip, checksumBefore, this.#crc32);
      if (own !== this.#checksum) {
        throw mismatch(`the running checksum at ${this.#offset} was ${this.#checksum} and is now ${own}`);
      }
    }
    this.#offset = end;
    this.#checksum = checksumAfter;
    return { base, batches, skip, checksumBefore };
  }

  #open(frame: SegmentFrame): Batch[] {
    try {
      return openBatches(frame.batches, this.#crc32, this.#limits);
    } catch (error) {
      throw mismatch(`the segment at ${frame.base} is damaged`, error);
    }
  }
}

/** Running checksum after the first `records` records of batches that begin at `checksumBefore`. */
export function checksumAt(batches: readonly Batch[], records: number, checksumBefore: number, crc32: Crc32): number {
  let checksum = checksumBefore;
  let left = records;
  for (const batch of batches) {
    if (batch.count <= left) {
      checksum = crc32(batch.payload, checksum);
      left -= batch.count;
      continue;
    }
    for (const record of batchRecords(batch)) {
      if (left === 0) return checksum;
      checksum = crc32(record.bytes, checksum);
      left -= 1;
    }
  }
  return checksum;
}

function mismatch(why: string, cause?: unknown): PacketboatError {
  return new PacketboatError('checksumMismatch', `What arrived is not what was stored: ${why}`, { cause });
}
