/**
 * The samples that wait, one row each, numbered without a hole: a row covers the numbers from its own up to the
 * next row's. A record covers one; a gap as many as it stands for. So whatever damage does to rows, what is missing
 * shows, is told as a gap, and delivered + gaps = produced (P6).
 */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { type Crc32, gapOf, gapSample, sampleBytes, type SpoolSample } from '@packetboat/core';

/** A sample that was read. */
export interface Sample extends SpoolSample {
  /** Bytes that the rows in the table take which this sample is read from. */
  readonly storedBytes: number;
  /**
   * Set when this is a gap that no row tells of, because what was there is missing or damaged: the rows that lie there
   * and fail their CRC. They are still in the table.
   */
  readonly damagedRows: readonly SampleRow[] | undefined;
}

/** What has to be said of a sample to store it. */
export type NewSample = Pick<Sample, 'kind' | 'from' | 'timeNs' | 'bytes'>;

/** A row as it is read: number, kind, time, CRC, bytes. Damage may have changed the types too. */
type SampleRow = readonly SQLOutputValue[];

export const sampleSchema = `
  CREATE TABLE samples (number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, time_ns INTEGER NOT NULL,
    crc INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE quarantine (number ANY, kind ANY, time_ns ANY, crc ANY, bytes ANY) STRICT;
`;

/** Damaged rows kept for a person to look at; more are only counted. */
const quarantineRowsMax = 100;

const kinds = ['record', 'gap'] as const;

export class SampleTable {
  readonly #crc32: Crc32;
  readonly #header = new DataView(new ArrayBuffer(24));
  readonly #headerBytes = new Uint8Array(this.#header.buffer);
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #delete: StatementSync;
  readonly #quarantine: StatementSync;

  constructor(database: DatabaseSync, crc32: Crc32) {
    this.#crc32 = crc32;
    this.#insert = database.prepare('INSERT INTO samples (number, kind, time_ns, crc, bytes) VALUES (?, ?, ?, ?, ?)');
    this.#select = database.prepare(
      'SELECT number, kind, time_ns, crc, bytes FROM samples WHERE number >= ? AND number < ? ORDER BY number',
    );
    this.#select.setReadBigInts(true);
    this.#select.setReturnArrays(true);
    this.#delete = database.prepare('DELETE FROM samples WHERE number >= ? AND number < ?');
    this.#quarantine = database.prepare(
      `INSERT INTO quarantine (number, kind, time_ns, crc, bytes)
       SELECT ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM quarantine) < ${quarantineRowsMax}`,
    );
  }

  insert(sample: NewSample): void {
    const kind = kinds.indexOf(sample.kind);
    const crc = this.#crc(BigInt(sample.from), BigInt(kind), sample.timeNs, sample.bytes);
    this.#insert.run(sample.from, kind, sample.timeNs, crc, sample.bytes);
  }

  delete(from: number, to: number): void {
    this.#delete.run(from, to);
  }

  /** Keeps damaged rows aside. They are to be deleted with the samples around them. */
  quarantine(rows: readonly (readonly SQLInputValue[])[]): void {
    for (const row of rows) this.#quarantine.run(...row);
  }

  /**
   * Yields the samples from `from` to `to` (exclusive), both ends of a row, without a hole: where rows are missing or
   * fail their CRC, a gap `damaged`, which takes the time of what follows it, or else `endTimeNs`.
   * The table must not be changed before the iteration ends.
   */
  *read(from: number, to: number, endTimeNs: () => bigint): Generator<Sample> {
    let next = from;
    let damagedRows: SampleRow[] = [];
    // The rows are those the statement selects, in its order.
    for (const row of this.#select.iterate(from, to) as unknown as Iterable<SampleRow>) {
      const sample = this.#open(row);
      if (sample === undefined || sample.from < next || sample.to > to) {
        damagedRows.push(row);
        continue;
      }
      if (sample.from > next) {
        yield damagedSample(next, sample.from, sample.timeNs, damagedRows);
        damagedRows = [];
      }
      yield sample;
      next = sample.to;
    }
    if (next < to) yield damagedSample(next, to, endTimeNs(), damagedRows);
  }

  /** The sample in a row, or `undefined` when the row is damaged. */
  #open(row: SampleRow): Sample | undefined {
    const [number, kind, timeNs, crc, bytes] = row;
    const typed = typeof number === 'bigint' && typeof kind === 'bigint' && typeof timeNs === 'bigint';
    if (!typed || !(bytes instanceof Uint8Array) || this.#crc(number, kind, timeNs, bytes) !== Number(crc)) {
      return undefined;
    }
    const from = Number(number);
    const storedBytes = sampleBytes(bytes);
    const record: Sample = { kind: 'record', from, to: from + 1, timeNs, bytes, storedBytes, damagedRows: undefined };
    return kind === 0n ? record : { ...record, kind: 'gap', to: gapOf(record).to + 1 };
  }

  #crc(number: bigint, kind: bigint, timeNs: bigint, bytes: Uint8Array): number {
    this.#header.setBigInt64(0, number);
    this.#header.setBigInt64(8, kind);
    this.#header.setBigInt64(16, timeNs);
    return this.#crc32(bytes, this.#crc32(this.#headerBytes));
  }
}

function damagedSample(from: number, to: number, timeNs: bigint, damagedRows: readonly SampleRow[]): Sample {
  let storedBytes = 0;
  for (const [, , , , bytes] of damagedRows) storedBytes += bytes instanceof Uint8Array ? sampleBytes(bytes) : 0;
  return { ...gapSample(from, to, 'damaged', timeNs), storedBytes, damagedRows };
}
