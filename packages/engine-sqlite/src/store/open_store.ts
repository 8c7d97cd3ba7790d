import { defaultLimits, hex, type Limits, type Store, type World } from '@packetboat/core';
import { openBlobs } from '../blobs/file_blobs.ts';
import { lockFolder } from '../folder_lock.ts';
import { makeFolder } from '../make_folder.ts';
import type { StoreLog } from './caretaker.ts';
import { SqliteStore } from './sqlite_store.ts';
import { StoreThreads } from './store_threads.ts';

/** Options of {@linkcode openStore}. */
export interface StoreOptions {
  /** Holds everything of the store; made if it does not exist. Copying it while the store is closed is a backup. */
  readonly folder: string;
  readonly world: World;
  /** @default defaultLimits */
  readonly limits?: Limits;
  /** The write-ahead log begins anew at this size at the latest. @default 134_217_728 (128 MiB) */
  readonly walBytesMax?: number;
  /** Held back for a full disk (P8). @default 16_777_216 (16 MiB) */
  readonly ballastBytes?: number;
  /** Told what a person should know. @default nothing is told */
  readonly log?: StoreLog;
}

/**
 * Opens the embedded store. What it answers for from then on is on the disk, also after an unclean end (P8).
 *
 * @throws {PacketboatError} `storeLocked` when another process uses the folder, `storeVersion` when a newer
 * Packetboat wrote it, `damaged` when what is needed to start fails its checks, `diskFull` when there is no room to start,
 * `busy` when another program reads a state of the store from before its newest records.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { folder, world, limits = defaultLimits, log = () => undefined } = options;
  const { walBytesMax = 134_217_728, ballastBytes = 16_777_216 } = options;
  makeFolder(folder);
  const lock = lockFolder(folder, 'server');
  const macKey = Buffer.from(world.random.bytes(32)).toString('base64url');
  const fresh = { id: hex(world.random.bytes(16)), macKey };
  const threads = new StoreThreads({ folder, limits, ballastBytes, identity: fresh, walBytesMax }, world);
  try {
    const { identity, loss, lifetimes } = await threads.open();
    for (const stream of loss.streams)
      log('error', 'A stream has lost its newest records; it takes no more', { stream });
    if (loss.mapChanges > 0) log('error', 'The newest cursors or other values are lost', { changes: loss.mapChanges });
    const blobs = openBlobs(folder, world);
    const parts = { folder, world, threads, walBytesMax, ballastBytes, log, identity, blobs, lock, limits, lifetimes };
    return new SqliteStore(parts);
  } catch (error) {
    await threads.abandon();
    lock.release();
    throw error;
  }
}
