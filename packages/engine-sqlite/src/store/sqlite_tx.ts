import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  assert,
  type Clock,
  type CommitOutcome,
  type Crc32,
  type Key,
  PacketboatError,
  type ScanOptions,
  type Table,
  type Tx,
} from '@packetboat/core';
import { fromSqlite, sqliteCode } from '../sqlite_error.ts';
import { damaged, rowCrc } from './row_crc.ts';

/** The port {@linkcode Tx} over one connection of `node:sqlite`, which nobody else uses. */
export class SqliteTx implements Tx {
  readonly #database: DatabaseSync;
  readonly #crc32: Crc32;
  readonly #begin: string;
  readonly #clock: Pick<Clock, 'monotonicMs'> | undefined;
  readonly #statements = new Map<string, StatementSync>();
  /** Why the transaction is lost: the first write that failed. */
  #failure: Error | undefined;

  /** How long the last COMMIT took: the writes to the log and their sync, which SQLite does in one call. */
  commitMs = 0;

  /**
   * @param mode `read` transactions are snapshots and never wait for the writer.
   * @param clock Measures commits. @default they are not measured
   */
  constructor(database: DatabaseSync, crc32: Crc32, mode: 'read' | 'write', clock?: Pick<Clock, 'monotonicMs'>) {
    this.#database = database;
    this.#crc32 = crc32;
    this.#clock = clock;
    this.#begin = mode === 'write' ? 'BEGIN IMMEDIATE' : 'BEGIN';
  }

  begin(): void {
    assert(!this.#database.isTransaction, 'transactions do not nest');
    this.#failure = undefined;
    this.#write(() => this.#database.exec(this.#begin));
  }

  get(table: Table, key: Key): Uint8Array | undefined {
    const where = columns(table).map((column) => `${column} = ?`);
    return this.#read(table, key, () => {
      const row = this.#statement(`SELECT value, crc FROM ${table.name} WHERE ${where.join(' AND ')}`).get(
        ...bind(key),
      );
      if (row === undefined) return undefined;
      const [value, crc] = row as unknown as [Uint8Array, number];
      return this.#checked(table, key, value, crc);
    });
  }

  put(table: Table, key: Key, value: Uint8Array): void {
    assert(key.length === table.key.length, `keys of ${table.name} have ${table.key.length} parts`);
    const crc = rowCrc(this.#crc32, table, key, value);
    const places = '?, '.repeat(key.length);
    this.#write(() => {
      this.#statement(`INSERT OR REPLACE INTO ${table.name} VALUES (${places}?, ?)`).run(...bind(key), value, crc);
    });
  }

  delete(table: Table, key: Key): void {
    const where = columns(table).map((column) => `${column} = ?`);
    this.#write(() => {
      this.#statement(`DELETE FROM ${table.name} WHERE ${where.join(' AND ')}`).run(...bind(key));
    });
  }

  deleteRange(table: Table, from: Key, to: Key, limit: number): number {
    const names = columns(table).join(', ');
    const rows = `SELECT ${names} FROM ${table.name} WHERE ${range(table, from, to)} ORDER BY ${names} LIMIT ?`;
    let changes = 0;
    this.#write(() => {
      const statement = this.#statement(`DELETE FROM ${table.name} WHERE (${names}) IN (${rows})`);
      changes = Number(statement.run(...bind(from), ...bind(to), limit).changes);
    });
    return changes;
  }

  scan(table: Table, from: Key, to: Key, options: ScanOptions): [Key, Uint8Array][] {
    const { limit, bytesMax = Infinity, reverse = false } = options;
    const direction = reverse ? ' DESC' : '';
    const order = columns(table).map((column) => column + direction);
    const where = range(table, from, to);
    return this.#read(table, from, () => {
      const statement = this.#statement(
        `SELECT * FROM ${table.name} WHERE ${where} ORDER BY ${order.join(', ')} LIMIT ?`,
      );
      const found: [Key, Uint8Array][] = [];
      let bytes = 0;
      for (const row of statement.iterate(...bind(from), ...bind(to), limit)) {
        const parts = row as unknown as (string | number | Uint8Array)[];
        const key = parts.slice(0, table.key.length) as Key;
        const value = this.#checked(table, key, parts.at(-2) as Uint8Array, parts.at(-1) as number);
        found.push([key, value]);
        bytes += value.length;
        if (bytes > bytesMax) break;
      }
      return found;
    });
  }

  keys(table: Table, from: Key, to: Key, limit: number): Key[] {
    const names = columns(table).join(', ');
    const sql = `SELECT ${names} FROM ${table.name} WHERE ${range(table, from, to)} ORDER BY ${names} LIMIT ?`;
    return this.#read(table, from, () => {
      const rows = this.#statement(sql).all(...bind(from), ...bind(to), limit);
      return rows as unknown as Key[];
    });
  }

  /** A full disk and a damaged page fail cleanly; after any other failure, a failed sync above all, nobody knows (P8). */
  commit(): CommitOutcome {
    const startMs = this.#clock?.monotonicMs() ?? 0;
    this.#write(() => this.#database.exec('COMMIT'));
    this.commitMs = (this.#clock?.monotonicMs() ?? 0) - startMs;
    if (this.#failure === undefined) return { kind: 'ok' };
    const cause = fromSqlite(this.#failure, 'Cannot commit');
    const clean = cause instanceof PacketboatError && (cause.code === 'diskFull' || cause.code === 'damaged');
    if (!clean) return { kind: 'unknown', cause };
    try {
      this.rollback();
    } catch (error) {
      return { kind: 'unknown', cause: fromSqlite(error, 'Cannot roll back') };
    }
    return { kind: 'failed', cause };
  }

  rollback(): void {
    this.#failure = undefined;
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    statement.setReturnArrays(true);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** After the first failure nothing more is written: what would be is lost with the transaction. */
  #write(run: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      run();
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  /** What cannot be read is damage, whether SQLite or the disk says so. */
  #read<Result>(table: Table, key: Key, run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      if (sqliteCode(error) === undefined) throw error;
      throw damaged(table, key, `it cannot be read: ${(error as Error).message}`, error);
    }
  }

  #checked(table: Table, key: Key, value: Uint8Array, crc: number): Uint8Array {
    const fits = value instanceof Uint8Array && rowCrc(this.#crc32, table, key, value) === crc;
    if (!fits) throw damaged(table, key, 'its checksum does not match');
    return value;
  }
}

/** Column names of a table's key. */
export function columns(table: Table): string[] {
  return table.key.map((_, index) => `k${index}`);
}

function range(table: Table, from: Key, to: Key): string {
  return `${compare(table, from, '>=')} AND ${compare(table, to, '<')}`;
}

/** A row value comparison over as many parts as the bound has. */
function compare(table: Table, bound: Key, operator: '>=' | '<'): string {
  const names = columns(table).slice(0, bound.length);
  return `(${names.join(', ')}) ${operator} (${names.map(() => '?').join(', ')})`;
}

function bind(key: Key): SQLInputValue[] {
  return [...key];
}
