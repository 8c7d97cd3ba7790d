import type { DatabaseSync } from 'node:sqlite';
import { PacketboatError } from '@packetboat/core';
import { fromSqlite } from '../sqlite_error.ts';
import { pragma } from './database.ts';

/** How long the write-ahead log is, and how much of it the database does not hold yet. */
export interface WalState {
  readonly bytes: number;
  readonly backlogBytes: number;
}

/** NOOP only looks. RESTART also makes the next commit begin the log anew; TRUNCATE empties its file. */
export type CheckpointMode = 'NOOP' | 'PASSIVE' | 'RESTART' | 'TRUNCATE';

/**
 * Copies the write-ahead log into the database and syncs both.
 *
 * @throws {PacketboatError} `diskFull` when the database could not grow, `storeFailed` after a failed sync (P8).
 */
export function checkpoint(database: DatabaseSync, mode: CheckpointMode): WalState & { readonly complete: boolean } {
  try {
    const row = database.prepare(`PRAGMA wal_checkpoint(${mode})`).get();
    const [busy, frames, done] = Object.values(row ?? {}).map(Number) as [number, number, number];
    const pageBytes = pragma(database, 'page_size');
    // Without a log there is nothing to count, and SQLite says -1.
    const bytes = Math.max(0, frames) * pageBytes;
    const backlogBytes = Math.max(0, frames - done) * pageBytes;
    return { bytes, backlogBytes, complete: busy === 0 && frames === done };
  } catch (error) {
    const mapped = fromSqlite(error, 'Cannot checkpoint');
    if (mapped instanceof PacketboatError && mapped.code === 'busy') return checkpoint(database, 'NOOP');
    throw mapped;
  }
}
