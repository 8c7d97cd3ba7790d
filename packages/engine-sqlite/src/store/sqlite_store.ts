import {
  type Blobs,
  ExpiringLog,
  type Limits,
  type Store,
  type StoredLifetime,
  type StoreHealth,
} from '@packetboat/core';
import type { FolderLock } from '../folder_lock.ts';
import { Caretaker, type CaretakerOptions } from './caretaker.ts';
import { ProofSigner } from './proof_signer.ts';
import type { Identity } from './database.ts';
import { SqliteLog } from './sqlite_log.ts';
import { SqliteMap } from './sqlite_map.ts';
import type { StoreThreads } from './store_threads.ts';

/** What {@linkcode SqliteStore} is put together from. */
export interface SqliteStoreParts extends Omit<CaretakerOptions, 'threads'> {
  readonly threads: StoreThreads;
  readonly identity: Identity;
  readonly blobs: Blobs;
  readonly lock: FolderLock;
  readonly limits: Limits;
  /** The lifetimes that the store kept. */
  readonly lifetimes: readonly StoredLifetime[];
}

/** The embedded store: SQLite for Log and Map, files for Blobs. Made by `openStore`. */
export class SqliteStore implements Store {
  readonly id: string;
  readonly durability = 'disk';
  readonly log: ExpiringLog;
  readonly map: SqliteMap;
  readonly blobs: Blobs;
  readonly failed: Promise<Error>;
  readonly #log: SqliteLog;
  readonly #threads: StoreThreads;
  readonly #caretaker: Caretaker;
  readonly #lock: FolderLock;
  #closing: Promise<void> | undefined;

  constructor(parts: SqliteStoreParts) {
    const { threads, identity, blobs, lock, limits, world, lifetimes } = parts;
    this.id = identity.id;
    this.#log = new SqliteLog(threads, new ProofSigner(identity), limits, world);
    this.log = new ExpiringLog(this.#log, { world, nowMs: () => threads.clock.openMs, stored: lifetimes });
    this.map = new SqliteMap(threads);
    this.blobs = blobs;
    this.failed = threads.failed;
    this.#threads = threads;
    this.#lock = lock;
    this.#caretaker = new Caretaker(parts);
    threads.watch({ committed: () => this.#caretaker.committed(), damage: (why) => this.#caretaker.damage(why) });
  }

  health(): StoreHealth {
    const { state, changes } = this.#threads;
    const { batches, bytes } = this.#log.appended;
    return {
      state: this.#stateName(),
      reason: this.#reason(),
      commits: state.commits,
      syncs: state.syncs,
      appendedBatches: batches,
      appendedBytes: bytes,
      queuedBytes: changes.bytes,
      lastCommitMs: state.lastCommitMs,
      perCommit: this.#threads.meter.histograms,
      walBytes: state.wal.bytes,
      streams: state.streams,
      losses: state.losses,
      damagedRows: this.#caretaker.damagedRows,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#caretaker.stop();
    this.log.stop();
    try {
      await this.#threads.close();
    } finally {
      this.#lock.release();
    }
  }

  #reason(): string | undefined {
    const { state, stopped } = this.#threads;
    if (stopped?.code === 'storeFailed') return stopped.message;
    return state.full ? 'The disk of the store is full' : undefined;
  }

  #stateName(): StoreHealth['state'] {
    const { state, stopped } = this.#threads;
    if (stopped?.code === 'storeFailed') return 'failed';
    if (this.#closing !== undefined) return 'closed';
    return state.full ? 'full' : 'ready';
  }
}
