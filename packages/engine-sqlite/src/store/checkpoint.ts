import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { PacketboatError } from '@packetboat/core';
import { fromSqlite } from '../sqlite_error.ts';
import { pragma } from './database.ts';

/** How long the write-ahead log is, and how much of it the database does not hold yet. */
export interface WalState {
  readonly bytes: number;
  readonly backlogBytes: number;
}

/** PASSIVE goes beside commits. RESTART lets the next commit begin the log anew; TRUNCATE also empties its file. */
export type CheckpointMode = 'PASSIVE' | 'RESTART' | 'TRUNCATE';

/** A checkpoint syncs the log, then the database. */
export const syncsPerCheckpoint = 2;

/** Copies the write-ahead log into the database. */
export class Checkpointer {
  readonly #database: DatabaseSync;
  readonly #look: StatementSync;
  readonly #pageBytes: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#look = database.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#pageBytes = pragma(database, 'page_size');
  }

  /** Only looks how far the log is. */
  look(): WalState {
    return this.#measure(this.#look);
  }

  /**
   * Syncs the log, copies it into the database, and syncs that. What others still read or write is left for later.
   *
   * @returns what is left.
   * @throws {PacketboatError} `diskFull` when the database could not grow, `storeFailed` after a failed sync (P8).
   */
  run(mode: CheckpointMode): WalState {
    try {
      return this.#measure(this.#database.prepare(`PRAGMA wal_checkpoint(${mode})`));
    } catch (error) {
      const mapped = fromSqlite(error, 'Cannot checkpoint');
      if (mapped instanceof PacketboatError && mapped.code === 'busy') return this.look();
      throw mapped;
    }
  }

  #measure(statement: StatementSync): WalState {
    // Without a log there is nothing to count, and SQLite says -1.
    const [, frames = 0, done = 0] = Object.values(statement.get() ?? {}).map((count) => Math.max(0, Number(count)));
    return { bytes: frames * this.#pageBytes, backlogBytes: (frames - done) * this.#pageBytes };
  }
}
