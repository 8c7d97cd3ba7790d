import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { backup, type DatabaseSync } from 'node:sqlite';
import { PacketboatError } from '@packetboat/core';
import { blobsFolder } from '../blobs/file_blobs.ts';
import { makeFolder, syncFolder } from '../make_folder.ts';
import { fromSqlite } from '../sqlite_error.ts';
import { connect, databasePath, pragma } from '../store/database.ts';
import { blobBytes, copyBlobs, syncFile } from './copy_files.ts';

/** Options of {@linkcode backupStore}. */
export interface BackupOptions {
  /** The store's folder. A server may be using it. */
  readonly folder: string;
  /** The folder to make; it must not exist. */
  readonly to: string;
  /** Told from time to time how much of how much is done. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** Pages copied in one step. */
const pagesAtOnce = 128;

/**
 * Copies a store, also while a server uses it, to a folder that is a store itself. The copy is the store at one moment:
 * everything that was acknowledged before the call is in it. It gets its name only when it is whole and on the disk.
 *
 * While it runs, the store's log cannot begin anew and grows with what is appended. A blob that is deleted
 * meanwhile may be missing.
 *
 * @throws {PacketboatError} `notFound` when there is no store, `exists` when `to` does, `damaged` when a blob is not
 * what its name says, `diskFull`, `storeVersion`, `storeFailed`.
 */
export async function backupStore({ folder, to, onProgress = () => {} }: BackupOptions): Promise<void> {
  const source = databasePath(folder);
  const target = resolve(to);
  if (!existsSync(source)) throw new PacketboatError('notFound', `There is no store in ${folder}`);
  if (existsSync(target)) throw new PacketboatError('exists', `${to} exists; a backup is made under a new name`);
  makeFolder(dirname(target));
  const partial = mkdtempSync(`${target}.partial-`);
  try {
    const blobs = blobsFolder(folder);
    const databaseBytes = statSync(source).size;
    const totalBytes = databaseBytes + blobBytes(blobs);
    await copyDatabase(folder, databasePath(partial), (part) => onProgress(databaseBytes * part, totalBytes));
    await copyBlobs(blobs, blobsFolder(partial), (bytes) => onProgress(databaseBytes + bytes, totalBytes));
    syncFolder(partial);
    renameSync(partial, target);
    syncFolder(dirname(target));
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw fromSqlite(error, `Cannot back up ${folder}`);
  }
}

/** Copies one snapshot of the database, which the open transaction holds through all steps. */
async function copyDatabase(folder: string, to: string, onPart: (part: number) => void): Promise<void> {
  const source: DatabaseSync = connect(folder, 'reader');
  try {
    source.exec('BEGIN');
    pragma(source, 'schema_version');
    await backup(source, to, {
      rate: pagesAtOnce,
      progress: ({ totalPages, remainingPages }) => onPart(1 - remainingPages / Math.max(1, totalPages)),
    });
  } finally {
    source.close();
  }
  syncFile(to);
}
