import type { DatabaseSync } from 'node:sqlite';
import type { Crc32, Key, Table } from '@packetboat/core';
import { damaged, rowCrc } from './row_crc.ts';
import { columns } from './sqlite_tx.ts';
import { tables } from './tables.ts';

/** Rows and bytes that one step reads at most. */
const rowsAtOnce = 512;
const bytesAtOnce = 2_097_152;

/** Walks through every row of the store, a bounded step at a time, for ever, and compares each with its CRC. */
export class Scrub {
  readonly #database: DatabaseSync;
  readonly #crc32: Crc32;
  #table = 0;
  /** The key that was looked at last in the current table. */
  #after: Key | undefined;

  constructor(database: DatabaseSync, crc32: Crc32) {
    this.#database = database;
    this.#crc32 = crc32;
  }

  /** @returns a sentence for each row found damaged. */
  step(): string[] {
    const all: Table[] = Object.values(tables);
    const table = all[this.#table];
    if (table === undefined) return [];
    const found: string[] = [];
    let ended = true;
    let bytes = 0;
    try {
      for (const { key, value, intact } of walkRows(this.#database, this.#crc32, table, this.#after, rowsAtOnce)) {
        if (!intact) found.push(damaged(table, key, 'its checksum does not match').message);
        this.#after = key;
        ended = false;
        bytes += value.length;
        if (bytes > bytesAtOnce) break;
      }
    } catch (error) {
      // A page that SQLite cannot read ends the walk through this table.
      found.push(damaged(table, this.#after ?? [], `what follows cannot be read: ${String(error)}`).message);
      ended = true;
    }
    if (ended) {
      this.#after = undefined;
      this.#table = (this.#table + 1) % all.length;
    }
    return found;
  }
}

/** A row as it is stored, and whether its CRC holds. */
export interface WalkedRow {
  readonly key: Key;
  readonly value: Uint8Array;
  readonly intact: boolean;
}

/** The rows of a table that follow `after`, also damaged ones, in key order. */
export function* walkRows(
  database: DatabaseSync,
  crc32: Crc32,
  table: Table,
  after: Key | undefined,
  limit: number,
): Generator<WalkedRow> {
  const names = columns(table).join(', ');
  const places = columns(table).map(() => '?');
  const where = after === undefined ? '' : `WHERE (${names}) > (${places.join(', ')})`;
  const statement = database.prepare(`SELECT * FROM ${table.name} ${where} ORDER BY ${names} LIMIT ?`);
  statement.setReturnArrays(true);
  for (const row of statement.iterate(...(after ?? []), limit)) {
    const parts = row as unknown as (string | number | Uint8Array)[];
    const key = parts.slice(0, table.key.length) as Key;
    const value = parts.at(-2) as Uint8Array;
    const intact = value instanceof Uint8Array && rowCrc(crc32, table, key, value) === parts.at(-1);
    yield { key, value, intact };
  }
}
