import { foldProducer, openBatches, type ProducerState, quoted, storedLimits } from '@packetboat/core';
import { type EnginePorts, ProducerTable } from '../store/producer_table.ts';
import { placeOf } from '../store/read_segments.ts';
import type { WalkedRow } from '../store/scrub.ts';
import { decodeSegmentRow, type SegmentRow } from '../store/segment_row.ts';
import type { StreamPoint, StreamRow } from '../store/stream_row.ts';
import type { Findings } from './check_report.ts';

/**
 * Verifies one stream: that its segments continue each other from the first record to the tail, that every batch's CRC
 * holds, that counts and running checksums are those of the records, and that the producers are remembered as their
 * batches say (rule 3). Feed it the segment rows under the numbers of the streams it stems from and under its own, in
 * order, then finish.
 *
 * What was trimmed cannot be verified: the checksum at the first record is taken as it is.
 */
export class StreamVerifier {
  readonly #row: StreamRow;
  readonly #ports: EnginePorts;
  readonly #findings: Findings;
  readonly #producers = new Map<string, ProducerState>();
  /** Where the next segment must begin; `undefined` behind a damaged one. */
  #end: StreamPoint | undefined;
  #closed = false;

  constructor(row: StreamRow, ports: Omit<EnginePorts, 'limits'>, findings: Findings) {
    this.#row = row;
    this.#ports = { ...ports, limits: storedLimits };
    this.#findings = findings;
    this.#end = row.first;
  }

  /**
   * Takes a row of `segments`. What stands behind the point where a fork left is passed over.
   *
   * @param isVerified Whether its content was verified for another stream.
   * @returns whether it was verified now.
   */
  add({ key, value, intact }: WalkedRow, isVerified: boolean): boolean {
    const [number, base] = [Number(key[0]), Number(key[1])];
    const isOwn = number === this.#row.number;
    if (!isOwn && placeOf(this.#row, base).number !== number) return false;
    const where = this.#where(`segment ${base}`);
    if (!intact) {
      this.#findings.add('damaged', where, 'its checksum does not match');
      this.#end = undefined;
      return false;
    }
    let isLookedAt = false;
    this.#findings.attempt(where, () => {
      const segment = decodeSegmentRow(value);
      // Trimmed and waiting to be deleted, or the empty end of a stream that was trimmed whole.
      if (segment.after.bytes <= this.#row.first.bytes) return;
      this.#checkPlace(where, base, segment);
      this.#end = segment.after;
      this.#closed = segment.close;
      if (isVerified && !isOwn) return;
      isLookedAt = true;
      this.#findings.segments += 1;
      this.#findings.bytes += segment.bytes.length;
      this.#findings.records += segment.after.offset - segment.before.offset;
      this.#checkContent(where, segment, isOwn && base >= this.#ownFrom);
    });
    return isLookedAt;
  }

  finish(): void {
    const { first, tail, closed } = this.#row;
    const where = this.#where('tail');
    if (this.#end === undefined || !samePoint(this.#end, tail)) {
      const end = this.#end === undefined ? 'a damaged segment' : JSON.stringify(this.#end);
      this.#findings.add('damaged', where, `the segments end with ${end}, the stream with ${JSON.stringify(tail)}`);
    } else if (tail.bytes > first.bytes && this.#closed !== closed) {
      this.#findings.add('damaged', where, 'its last segment disagrees on whether it is closed');
    }
    this.#findings.attempt(this.#where('producers'), () => this.#checkProducers());
  }

  #checkPlace(where: string, base: number, { before }: SegmentRow): void {
    if (base !== before.offset) this.#findings.add('damaged', where, `it says it begins at ${before.offset}`);
    if (this.#closed) this.#findings.add('damaged', where, 'it follows the segment that closed the stream');
    if (this.#end === undefined || samePoint(this.#end, before)) return;
    this.#findings.add('damaged', where, `it does not continue the stream at ${this.#end.offset}`);
  }

  /** Where the batches begin whose producers are remembered: a fork inherits none. */
  get #ownFrom(): number {
    return this.#row.fork?.from ?? 0;
  }

  #checkContent(where: string, { before, after, bytes }: SegmentRow, foldsProducers: boolean): void {
    const { crc32 } = this.#ports;
    let { offset, checksum, payloadBytes } = before;
    for (const { producer, crc, count, payload } of openBatches(bytes, crc32, storedLimits)) {
      if (foldsProducers && producer !== undefined) {
        const known = this.#producers.get(producer.id);
        this.#producers.set(producer.id, foldProducer(known, producer, { crc, offset, count }, storedLimits));
      }
      offset += count;
      checksum = crc32(payload, checksum);
      payloadBytes += payload.length;
    }
    const found = { offset, checksum, bytes: before.bytes + bytes.length, payloadBytes };
    if (samePoint(found, after)) return;
    this.#findings.add('damaged', where, `its batches lead to ${JSON.stringify(found)}, not ${JSON.stringify(after)}`);
  }

  /** Compares the fold of the batches that are left with what the store would answer from. */
  #checkProducers(): void {
    const table = ProducerTable.load(this.#ports, this.#row);
    for (const [id, folded] of this.#producers) {
      if (agree(table.get(id), folded)) continue;
      this.#findings.add('damaged', this.#where(`producer ${quoted(id)}`), 'it is not remembered as its batches say');
    }
    const whole = this.#row.first.offset <= this.#ownFrom;
    if (!whole || this.#producers.size === this.#row.producers) return;
    const message = `${this.#producers.size} producers wrote it, ${this.#row.producers} are remembered`;
    this.#findings.add('damaged', this.#where('producers'), message);
  }

  #where(part: string): string {
    return `${quoted(this.#row.stream)}, ${part}`;
  }
}

function samePoint(left: StreamPoint, right: StreamPoint): boolean {
  return (
    left.offset === right.offset &&
    left.checksum === right.checksum &&
    left.bytes === right.bytes &&
    left.payloadBytes === right.payloadBytes
  );
}

/** Whether what is remembered ends with what was folded, as far as both reach back. */
function agree(remembered: ProducerState | undefined, folded: ProducerState): boolean {
  if (remembered?.epoch !== folded.epoch || remembered.sequence !== folded.sequence) return false;
  const shared = Math.min(remembered.recent.length, folded.recent.length);
  return JSON.stringify(remembered.recent.slice(-shared)) === JSON.stringify(folded.recent.slice(-shared));
}
