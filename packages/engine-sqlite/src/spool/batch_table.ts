/**
 * The sealed batches that are not acknowledged, with the bytes that are sent: whatever happens in between,
 * also an update of this program, they are sent again bit-identical.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { type Crc32, PacketboatError } from '@packetboat/core';

export interface BatchRow {
  readonly sequence: number;
  /** The samples it stands for: `from` … `to` (exclusive). */
  readonly from: number;
  readonly to: number;
  /** Number of records and their running checksum before this batch, over all that was ever sealed. */
  readonly countBefore: number;
  readonly checksumBefore: number;
  readonly bytes: Uint8Array;
  /** Whether the bytes fail their CRC. */
  readonly damaged: boolean;
}

export const batchSchema = `
  CREATE TABLE batches (sequence INTEGER PRIMARY KEY, samples_from INTEGER NOT NULL, samples_to INTEGER NOT NULL,
    count_before INTEGER NOT NULL, checksum_before INTEGER NOT NULL, bytes_crc INTEGER NOT NULL,
    row_crc INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
`;

export class BatchTable {
  readonly #crc32: Crc32;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #measure: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync, crc32: Crc32) {
    this.#crc32 = crc32;
    this.#insert = database.prepare('INSERT OR REPLACE INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#select = database.prepare('SELECT * FROM batches WHERE sequence = ?');
    this.#select.setReturnArrays(true);
    this.#measure = database.prepare('SELECT coalesce(sum(length(bytes)), 0) AS bytes FROM batches WHERE sequence < ?');
    this.#delete = database.prepare('DELETE FROM batches WHERE sequence < ?');
  }

  /** Stores a batch, in place of the one that has its sequence. */
  put(row: Omit<BatchRow, 'damaged'>): void {
    const numbers = [row.sequence, row.from, row.to, row.countBefore, row.checksumBefore, this.#crc32(row.bytes)];
    this.#insert.run(...numbers, this.#rowCrc(numbers), row.bytes);
  }

  /** @throws {PacketboatError} `damaged` when the row is missing or its numbers fail their CRC. */
  get(sequence: number): BatchRow {
    const columns: readonly SQLOutputValue[] = (this.#select.get(sequence) as unknown as SQLOutputValue[]) ?? [];
    const numbers = columns.slice(0, 6).filter((column) => typeof column === 'number');
    const [stored, from, to, countBefore, checksumBefore, bytesCrc] = numbers;
    const readable =
      from !== undefined && to !== undefined && countBefore !== undefined && checksumBefore !== undefined;
    if (!readable || stored !== sequence || this.#rowCrc(numbers) !== columns[6]) {
      throw new PacketboatError('damaged', `The spool's batch ${sequence} is missing or fails its CRC`);
    }
    const content = columns[7];
    const bytes = content instanceof Uint8Array ? content : new Uint8Array(0);
    return { sequence, from, to, countBefore, checksumBefore, bytes, damaged: this.#crc32(bytes) !== bytesCrc };
  }

  /** Deletes the batches before `sequence`, and returns how many bytes they had. */
  deleteBefore(sequence: number): number {
    const bytes = Number(this.#measure.get(sequence)?.['bytes']);
    this.#delete.run(sequence);
    return bytes;
  }

  #rowCrc(numbers: readonly number[]): number {
    return this.#crc32(new Uint8Array(Float64Array.from(numbers).buffer));
  }
}
