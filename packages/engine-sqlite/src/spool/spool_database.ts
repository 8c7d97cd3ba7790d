/**
 * The spool's file and its transactions. Two processes may have it open, the one that puts in and the one that
 * ships; each change is one short transaction that reads the state first.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { PacketboatError, type World } from '@packetboat/core';
import { syncFolder } from '../make_folder.ts';
import { fromSqlite, sqliteCode } from '../sqlite_error.ts';
import { type BatchRow, batchSchema, BatchTable } from './batch_table.ts';
import { sampleSchema, SampleTable } from './sample_table.ts';
import { decodeState, encodeState, type SqliteSpoolState } from './spool_state.ts';

/** Grows with every change of the tables; a spool of a newer one is refused. */
const formatVersion = 1;
/** How long a transaction waits for the other process's. */
const busyTimeoutMs = 5_000;
/** Pages after which the log is copied into the file, and bytes of it that are kept afterwards. */
const checkpointPages = 256;
const walBytesKept = 1_048_576;
/** Free pages that stay for reuse; of more than half of the file being free, the rest goes back to the disk. */
const freePagesKept = 256;
const vacuumPagesMax = 4_096;
/** SQLITE_ERROR: here, a statement that does not fit the tables. */
const sqliteError = 1;

/** The spool's database in `folder`. */
export function spoolPath(folder: string): string {
  return join(folder, 'spool.db');
}

/**
 * Makes a spool in `folder` unless there is one. It is made aside and renamed, so that a spool is whole or
 * not there. Nobody else may be doing the same.
 */
export function createSpoolFile(folder: string, state: SqliteSpoolState, world: World): void {
  const path = spoolPath(folder);
  if (existsSync(path)) return;
  if (existsSync(`${path}-wal`)) {
    throw new PacketboatError('damaged', `${path} is missing, but not its log ${path}-wal: something removed it`);
  }
  const aside = `${path}.new`;
  rmSync(aside, { force: true });
  try {
    const database = new DatabaseSync(aside);
    const { text, crc } = encodeState(state, world.crc32);
    database.exec('PRAGMA synchronous = FULL; PRAGMA auto_vacuum = INCREMENTAL; BEGIN');
    database.exec(
      `${sampleSchema} ${batchSchema} CREATE TABLE state (text TEXT NOT NULL, crc INTEGER NOT NULL) STRICT`,
    );
    database.prepare('INSERT INTO state VALUES (?, ?)').run(text, crc);
    database.exec(`PRAGMA user_version = ${formatVersion}; COMMIT; PRAGMA journal_mode = WAL`);
    database.close();
    renameSync(aside, path);
    syncFolder(folder);
  } catch (error) {
    throw fromSqlite(error, `Cannot make a spool in ${folder}`);
  }
}

export class SpoolDatabase {
  readonly samples: SampleTable;
  readonly batches: BatchTable;
  readonly #folder: string;
  readonly #world: World;
  readonly #database: DatabaseSync;
  readonly #readState: StatementSync;
  readonly #writeState: StatementSync;
  readonly #dataVersion: StatementSync;
  /** Set when a write failed or is uncertain; nothing is written any more (P8). */
  #failure: Error | undefined;

  /**
   * Opens the spool in `folder` and brings what its log holds to stable storage: after a crash, the
   * log may be readable from memory and yet never have reached the disk (F3).
   *
   * @throws {PacketboatError} `storeVersion`, `damaged`, `busy`, `diskFull`, `storeFailed`.
   */
  constructor(folder: string, world: World) {
    this.#folder = folder;
    this.#world = world;
    try {
      this.#database = new DatabaseSync(spoolPath(folder), { timeout: busyTimeoutMs });
    } catch (error) {
      throw fromSqlite(error, `Cannot open the spool ${folder}`);
    }
    try {
      checkVersion(this.#database, folder);
      this.#database.exec(`
        PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;
        PRAGMA cache_size = -2048; PRAGMA wal_autocheckpoint = ${checkpointPages};
        PRAGMA journal_size_limit = ${walBytesKept}`);
      const checkpoint = this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      if (checkpoint?.['busy'] !== 0)
        throw new PacketboatError('busy', `The spool ${folder} is in use without a pause`);
      this.samples = new SampleTable(this.#database, world.crc32);
      this.batches = new BatchTable(this.#database, world.crc32);
      this.#readState = this.#database.prepare('SELECT text, crc FROM state');
      this.#writeState = this.#database.prepare('UPDATE state SET text = ?, crc = ?');
      this.#dataVersion = this.#database.prepare('PRAGMA data_version');
      this.state();
    } catch (error) {
      this.#database.close();
      if (sqliteCode(error) !== sqliteError) throw fromSqlite(error, `Cannot open the spool ${folder}`);
      throw new PacketboatError('damaged', `The tables of the spool ${folder} are not as they were made`, {
        cause: error,
      });
    }
  }

  /** The state as of the last commit of anybody. */
  state(): SqliteSpoolState {
    return this.#read(() => decodeState(this.#readState.get(), this.#world.crc32, this.#folder));
  }

  /** A sealed batch that is not acknowledged. */
  batch(sequence: number): BatchRow {
    return this.#read(() => this.batches.get(sequence));
  }

  /** Differs from the last answer if another process has committed in between. `NaN` when that cannot be known. */
  dataVersion(): number {
    try {
      return Number(this.#dataVersion.get()?.['data_version']);
    } catch {
      return Number.NaN;
    }
  }

  /**
   * Runs `work` in one transaction and stores the state as it leaves it. When `work` throws, nothing is stored.
   *
   * @param doing The beginning of the sentence that says what failed: `Cannot seal a batch`.
   * @param sync Whether the commit must be on stable storage, or may be taken back by a power cut.
   */
  transact<Result>(doing: string, sync: 'synced' | 'unsynced', work: (state: SqliteSpoolState) => Result): Result {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      if (sync === 'unsynced') this.#database.exec('PRAGMA synchronous = NORMAL');
      this.#database.exec('BEGIN IMMEDIATE');
      const state = this.state();
      const result = work(state);
      const { text, crc } = encodeState(state, this.#world.crc32);
      this.#writeState.run(text, crc);
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      throw this.#rolledBack(fromSqlite(error, `${doing} (spool ${this.#folder})`));
    } finally {
      if (sync === 'unsynced') this.#database.exec('PRAGMA synchronous = FULL');
    }
  }

  /**
   * Gives space back to the disk: once more than half of the file's pages are free, a bounded number of them; when
   * `drained`, also what the log takes. That it cannot be done now (the disk is full, the other process writes) is no failure.
   */
  shrink(drained: boolean): void {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const free = Number(this.#database.prepare('PRAGMA freelist_count').get()?.['freelist_count']);
      const pages = Number(this.#database.prepare('PRAGMA page_count').get()?.['page_count']);
      if (free > freePagesKept && free * 2 > pages) {
        this.#database.exec(`PRAGMA incremental_vacuum(${Math.min(free - freePagesKept, vacuumPagesMax)})`);
      }
      if (drained) this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      const failure = this.#rolledBack(fromSqlite(error, `Cannot give back space (spool ${this.#folder})`));
      if (!(failure instanceof PacketboatError) || !failure.row.retryable) throw failure;
    }
  }

  close(): void {
    this.#database.close();
  }

  #read<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      throw fromSqlite(error, `Cannot read the spool ${this.#folder}`);
    }
  }

  #rolledBack(error: Error): Error {
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch (cause) {
      this.#failure = new PacketboatError('storeFailed', `Cannot roll back (spool ${this.#folder})`, { cause });
      return this.#failure;
    }
    if (error instanceof PacketboatError && error.code === 'storeFailed') this.#failure = error;
    return error;
  }
}

/** @throws {PacketboatError} `storeVersion` for a newer format, `damaged` for what is no spool. */
export function checkVersion(database: DatabaseSync, folder: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > formatVersion) {
    throw new PacketboatError('storeVersion', `The spool ${folder} has format ${version}, newer than ${formatVersion}`);
  }
  if (version !== formatVersion) {
    throw new PacketboatError('damaged', `${spoolPath(folder)} is no spool, or was emptied`);
  }
}
