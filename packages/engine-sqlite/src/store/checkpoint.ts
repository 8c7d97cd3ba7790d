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

/** A checkpoint that copies anything syncs the log before and the database behind it. */
const syncsPerCopy = 2;

/** Copies the write-ahead log into the database. */
export class Checkpointer {
  readonly #database: DatabaseSync;
  readonly #look: StatementSync;
  readonly #pageBytes: number;
  #syncs = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#look = database.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#pageBytes = pragma(database, 'page_size');
  }

  /** Syncs of the checkpoints so far. */
  get syncs(): number {
    return this.#syncs;
  }

  /** Only looks how far the log is. */
  look(): WalState {
    // Without a log there is nothing to count, and SQLite says -1.
    const counts = Object.values(this.#look.get() ?? {}).map((count) => Math.max(0, Number(count)));
    const [, frames = 0, done = 0] = counts;
    return { bytes: frames * this.#pageBytes, backlogBytes: (frames - done) * this.#pageBytes };
  }

  /**
   * Syncs the log, copies it into the database, and syncs that. What others still read or write is left for later.
   *
   * @returns what is left.
   * @throws {PacketboatError} `diskFull` when the database could not grow, `storeFailed` after a failed sync (P8).
   */
  run(mode: CheckpointMode): WalState {
    const before = this.look();
    try {
      this.#database.prepare(`PRAGMA wal_checkpoint(${mode})`).get();
    } catch (error) {
      const mapped = fromSqlite(error, 'Cannot checkpoint');
      if (!(mapped instanceof PacketboatError) || mapped.code !== 'busy') throw mapped;
    }
    const after = this.look();
    if (hasCopied(before, after)) this.#syncs += syncsPerCopy;
    return after;
  }
}

/** Beside commits the log grows meanwhile, so what is left alone does not say it. */
function hasCopied(before: WalState, after: WalState): boolean {
  if (before.backlogBytes === 0) return false;
  return after.backlogBytes === 0 || after.bytes - after.backlogBytes !== before.bytes - before.backlogBytes;
}
