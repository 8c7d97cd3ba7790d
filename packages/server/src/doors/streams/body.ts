import { batchRecords, type RecordInput } from '@packetboat/core';
import type { GapPlace } from '../../fan_out/rendition.ts';
import type { TimeRange } from './read_query.ts';
import type { StoredPart } from './stored_parts.ts';

/** What a {@linkcode Body} is made of. */
export interface BodyOptions {
  /** Whether the records are the elements of one JSON array, rather than bytes side by side. */
  readonly json: boolean;
  /** Leaves out records of other times. */
  readonly range?: TimeRange | undefined;
}

const [open, comma, close] = [Buffer.from('['), Buffer.from(','), Buffer.from(']')];

/** The body of an answer, gathered batch by batch (protocol section 9). Elements keep their own bytes. */
export class Body {
  readonly #options: BodyOptions;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #records = 0;
  #gaps: GapPlace[] = [];

  constructor(options: BodyOptions) {
    this.#options = options;
    if (options.json) this.#push(open);
  }

  /** Where gap records stand in it (P6). Those that follow each other are one place. */
  get gaps(): readonly GapPlace[] {
    return this.#gaps;
  }

  add({ batch, skip }: StoredPart): void {
    const { json, range } = this.#options;
    const [begin, before] = [this.#bytes, this.#records];
    if (!json && range === undefined && skip === 0) this.#take(batch.payload, batch.count);
    else for (const record of batchRecords(batch, skip)) this.#addRecord(record);
    if (!batch.gap || this.#records === before) return;
    // The comma before the first of them belongs to no record.
    this.#addGap(begin, json && before > 0 ? begin + comma.length : begin);
  }

  /** The whole body. What is one slice already is not copied. */
  finish(): Uint8Array {
    if (this.#options.json) this.#push(close);
    const [only, ...more] = this.#pieces;
    return only !== undefined && more.length === 0 ? only : Buffer.concat(this.#pieces, this.#bytes);
  }

  #addRecord({ timeNs, bytes }: RecordInput): void {
    const { fromNs, toNs } = this.#options.range ?? {};
    if ((fromNs !== undefined && timeNs < fromNs) || (toNs !== undefined && timeNs >= toNs)) return;
    if (this.#options.json && this.#records > 0) this.#push(comma);
    this.#take(bytes, 1);
  }

  /** @param begin Where its batch began, before any comma. */
  #addGap(begin: number, at: number): void {
    const last = this.#gaps.at(-1);
    const continues = last !== undefined && last.at + last.bytes === begin;
    const start = continues ? last.at : at;
    if (continues) this.#gaps.pop();
    this.#gaps.push({ at: start, bytes: this.#bytes - start });
  }

  #take(bytes: Uint8Array, records: number): void {
    this.#records += records;
    this.#push(bytes);
  }

  #push(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
  }
}
