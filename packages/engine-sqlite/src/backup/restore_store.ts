import { copyFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { hex, PacketboatError, type World } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { blobsFolder } from '../blobs/file_blobs.ts';
import type { CheckReport } from '../check/check_report.ts';
import { checkStore } from '../check/check_store.ts';
import { makeFolder, syncFolder } from '../make_folder.ts';
import { fromSqlite } from '../sqlite_error.ts';
import { connect, databasePath, writeIdentity } from '../store/database.ts';
import { SqliteTx } from '../store/sqlite_tx.ts';
import { copyBlobs, syncFile } from './copy_files.ts';

/** Options of {@linkcode restoreStore}. */
export interface RestoreOptions {
  /** A backup, or the copied folder of a stopped store. It is not changed. */
  readonly from: string;
  /** The folder to make; it may exist if it is empty. */
  readonly folder: string;
  /** @default the real world of Node */
  readonly world?: World;
  /** Told from time to time how much of how much is verified. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** What makes up a store, besides its blobs. The log and the witness are there if it was copied after a crash. */
const files = ['store.db', 'store.db-wal', 'witness.log'] as const;

/**
 * Makes a store from a backup, after verifying all of it. The new store has its own id and key: what the old one
 * acknowledged after the backup is not in it, so the old one's receipts prove nothing here (`wrongStore`, F15).
 *
 * @returns what was verified.
 * @throws {PacketboatError} `notFound` when there is no backup, `exists` when the folder holds something, `damaged`
 * when the backup is, `diskFull`, `storeVersion`, `storeFailed`.
 */
export async function restoreStore(options: RestoreOptions): Promise<CheckReport> {
  const { from, world = nodeWorld, onProgress } = options;
  const folder = resolve(options.folder);
  if (!existsSync(databasePath(from))) throw new PacketboatError('notFound', `There is no backup in ${from}`);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new PacketboatError('exists', `${options.folder} is not empty; a backup is restored to a new folder`);
  }
  makeFolder(dirname(folder));
  const partial = mkdtempSync(`${folder}.partial-`);
  try {
    for (const name of files) if (existsSync(join(from, name))) copyFileSync(join(from, name), join(partial, name));
    await copyBlobs(blobsFolder(from), blobsFolder(partial), () => {});
    const report = await checkStore({ folder: partial, world, ...(onProgress === undefined ? {} : { onProgress }) });
    const [problem] = report.problems;
    if (problem !== undefined) {
      throw new PacketboatError('damaged', `The backup ${from} is damaged: ${problem.where}: ${problem.message}`);
    }
    giveIdentity(partial, world);
    syncFile(databasePath(partial));
    syncFolder(partial);
    if (existsSync(folder)) rmdirSync(folder);
    renameSync(partial, folder);
    syncFolder(dirname(folder));
    return report;
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw fromSqlite(error, `Cannot restore ${from}`);
  }
}

/** Gives the store in `folder` a new id and key, and leaves it without a log. */
function giveIdentity(folder: string, { random, crc32 }: World): void {
  const database = connect(folder, 'writer');
  try {
    const tx = new SqliteTx(database, crc32, 'write');
    tx.begin();
    const macKey = Buffer.from(random.bytes(32)).toString('base64url');
    writeIdentity(tx, { id: hex(random.bytes(16)), macKey });
    const outcome = tx.commit();
    if (outcome.kind !== 'ok') throw outcome.cause;
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
  rmSync(join(folder, 'witness.log'), { force: true });
}
