/**
 * One holder for each role of a folder. The lock is an open exclusive transaction of SQLite on `<role>.lock`,
 * which the system frees with the process, also after kill -9; no file has to be cleaned up.
 *
 * It rests on POSIX record locks: nothing in the same process may open and close a lock file by other
 * means, because that would free the lock. So copies of a folder leave `*.lock` out.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PacketboatError } from '@packetboat/core';
import { sqliteCode } from './sqlite_error.ts';

/** What uses a folder: a store's server, the two sides of a spool, or whoever is just opening a spool. */
export type FolderRole = 'server' | 'sensor' | 'shipper' | 'opener';

/** A held lock, from {@linkcode lockFolder}. */
export interface FolderLock {
  /** Lets go of the folder. Harmless when done before. */
  release(): void;
}

const sqliteBusy = 5;

/** Keeps held locks from being collected as garbage, which would close them. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock of `role` on an existing folder, or refuses: at once unless told to wait.
 *
 * @param waitMs How long the thread is held up for a holder who is about to let go.
 * @throws {PacketboatError} `storeLocked` when it is held, also by this process; `storeFailed` when the
 * lock file cannot be used (no such folder, read-only).
 */
export function lockFolder(folder: string, role: FolderRole, waitMs = 0): FolderLock {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(folder, `${role}.lock`), { timeout: waitMs });
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE'); // no journal beside it
  } catch (cause) {
    database?.close();
    if (sqliteCode(cause) === sqliteBusy) {
      throw new PacketboatError('storeLocked', `Another ${role} uses the folder ${folder}`, { cause });
    }
    throw new PacketboatError('storeFailed', `Cannot lock the folder ${folder} for a ${role}: ${String(cause)}`, {
      cause,
    });
  }
  const taken = database;
  held.add(taken);
  return {
    release() {
      if (held.delete(taken)) taken.close();
    },
  };
}
