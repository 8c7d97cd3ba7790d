import {
  checkSample,
  type Limits,
  PacketboatError,
  type RecordInput,
  sampleBytes,
  type Spool,
  type SpooledBatch,
  type SpoolStatus,
  spoolStatusOf,
  type World,
} from '@packetboat/core';
import type { FolderLock } from '../folder_lock.ts';
import type { BatchRow } from './batch_table.ts';
import { type Coarsen, coarsenOldest, dropOldest } from './make_room.ts';
import { PutQueue, type PutResult, type QueuedPut } from './put_queue.ts';
import { PutWatch } from './put_watch.ts';
import type { Reserve } from './reserve.ts';
import { resealDamaged, sealNext, type SealTools } from './seal.ts';
import type { SpoolDatabase } from './spool_database.ts';
import type { SqliteSpoolState } from './spool_state.ts';

/** How a {@linkcode SqliteSpool} behaves. */
export interface SpoolPolicy {
  readonly bytesMax: number;
  readonly whenFull: 'block' | 'degrade' | 'gap';
  readonly coarsen: Coarsen;
  readonly limits: Limits;
  /** Whether another process may put in. */
  readonly shared: boolean;
}

/** The port {@linkcode Spool} on a file that one process fills and one, often the same, empties. */
export class SqliteSpool implements Spool {
  readonly #folder: string;
  readonly #world: World;
  readonly #policy: SpoolPolicy;
  readonly #database: SpoolDatabase;
  readonly #reserve: Reserve;
  readonly #locks: readonly FolderLock[];
  readonly #tools: SealTools;
  readonly #puts: PutQueue;
  /** Those that wait for something to ship. */
  readonly #waiters = new Set<() => void>();
  #closed = false;

  constructor(
    folder: string,
    world: World,
    policy: SpoolPolicy,
    database: SpoolDatabase,
    reserve: Reserve,
    locks: readonly FolderLock[],
  ) {
    this.#folder = folder;
    this.#world = world;
    this.#policy = policy;
    this.#database = database;
    this.#reserve = reserve;
    this.#locks = locks;
    this.#tools = {
      samples: database.samples,
      batches: database.batches,
      crc32: world.crc32,
      limits: policy.limits,
      nowNs: () => world.clock.wallNs(),
    };
    this.#puts = new PutQueue((puts) => this.#store(puts), policy.limits);
  }

  put(records: readonly RecordInput[], mark?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#assertOpen();
      let bytes = 0;
      for (const record of records) bytes += sampleBytes(checkSample(record, this.#policy.limits).bytes);
      const markBytesMax = this.#policy.limits.mapValueBytesMax;
      if (mark !== undefined && mark.length > markBytesMax) {
        throw new PacketboatError('tooLarge', `Mark of ${mark.length} characters is over the limit of ${markBytesMax}`);
      }
      this.#puts.add({ records, mark, bytes, resolve, reject });
    });
  }

  async mark(): Promise<string | undefined> {
    this.#assertOpen();
    return this.#database.state().mark;
  }

  async *unacknowledged(): AsyncGenerator<SpooledBatch> {
    for (let sequence = 0; ; sequence++) {
      this.#assertOpen();
      const { firstSequence, nextSequence } = this.#database.state();
      sequence = Math.max(sequence, firstSequence);
      if (sequence >= nextSequence) return;
      const { bytes } = this.#sound(sequence);
      yield { sequence, bytes };
    }
  }

  async seal(bytesMax: number): Promise<SpooledBatch | undefined> {
    this.#assertOpen();
    const { sealedTo, produced } = this.#database.state();
    if (sealedTo === produced) return undefined;
    return this.#reserve.lend(() =>
      this.#database.transact('Cannot seal a batch', 'synced', (state) => sealNext(this.#tools, state, bytesMax)),
    );
  }

  async acknowledge(sequence: number): Promise<void> {
    this.#assertOpen();
    const { firstSequence, nextSequence } = this.#database.state();
    if (sequence < firstSequence) return;
    if (sequence >= nextSequence) {
      throw new PacketboatError(
        'dataLossDetected',
        `The server has batch ${sequence} of the spool ${this.#folder}, which has sealed ${nextSequence}: ` +
          'its newest part is lost, or it is an old copy',
      );
    }
    const drained = this.#reserve.lend(() => this.#forget(sequence));
    this.#database.shrink(drained);
  }

  async wait(signal?: AbortSignal): Promise<void> {
    this.#assertOpen();
    const wake = (): void => this.#wakeAll();
    const watch = this.#policy.shared ? this.#watchPuts(wake) : undefined;
    signal?.addEventListener('abort', wake);
    try {
      for (;;) {
        if (signal?.aborted === true) throw new PacketboatError('aborted', 'Nobody waits for the spool any more');
        this.#assertOpen();
        const { sealedTo, produced } = this.#database.state();
        if (sealedTo < produced) return;
        await new Promise<void>((resolve) => this.#waiters.add(resolve));
      }
    } finally {
      watch?.close();
      signal?.removeEventListener('abort', wake);
    }
  }

  async status(): Promise<SpoolStatus> {
    this.#assertOpen();
    return spoolStatusOf(this.#database.state());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#puts.flush();
    this.#closed = true;
    this.#wakeAll();
    this.#database.close();
    for (const lock of this.#locks) lock.release();
  }

  /**
   * Deletes the batches up to `sequence`; says whether nothing waits any more. Unsynced: if a power cut takes this
   * back, the batches are sent once more, and are duplicates.
   */
  #forget(sequence: number): boolean {
    const { batches } = this.#database;
    return this.#database.transact('Cannot forget batches', 'unsynced', (state) => {
      const next = sequence + 1;
      state.acknowledgedTo = next < state.nextSequence ? batches.get(next).from : state.sealedTo;
      state.sealedBytes -= batches.deleteBefore(next);
      state.firstSequence = next;
      return state.acknowledgedTo === state.produced;
    });
  }

  /** Stores several puts in one commit. */
  #store(puts: readonly QueuedPut[]): PutResult[] {
    this.#reserve.demand();
    const results = this.#database.transact('Cannot store records', 'synced', (state) => {
      const stored = puts.map((put) => this.#storeOne(state, put));
      this.#makeRoom(state);
      return stored;
    });
    this.#wakeAll();
    return results;
  }

  #storeOne(state: SqliteSpoolState, put: QueuedPut): PutResult {
    const { bytesMax, whenFull } = this.#policy;
    const held = whenFull === 'block' ? state.unsealedBytes + state.sealedBytes : 0;
    if (put.records.length > 0 && held + put.bytes > bytesMax) {
      const message = `The spool ${this.#folder} holds ${held} of ${bytesMax} bytes; ${put.bytes} more do not fit`;
      return new PacketboatError('spoolFull', message);
    }
    const first = state.produced;
    for (const { timeNs, bytes } of put.records) {
      this.#database.samples.insert({ kind: 'record', from: state.produced, timeNs, bytes });
      state.produced += 1;
    }
    state.unsealedBytes += put.bytes;
    state.mark = put.mark ?? state.mark;
    return first;
  }

  #makeRoom(state: SqliteSpoolState): void {
    const { bytesMax, whenFull, coarsen, limits } = this.#policy;
    const { samples, nowNs } = this.#tools;
    if (whenFull === 'gap') dropOldest(samples, state, bytesMax, nowNs);
    if (whenFull === 'degrade') {
      coarsenOldest(samples, state, bytesMax, nowNs, (records) => checkSample(coarsen(records), limits));
    }
  }

  /** The batch `sequence`, with a gap in its place if its bytes are damaged. */
  #sound(sequence: number): BatchRow {
    const row = this.#database.batch(sequence);
    if (!row.damaged) return row;
    return this.#database.transact('Cannot tell a damaged batch as a gap', 'synced', (state) => {
      resealDamaged(this.#tools, state, sequence);
      return this.#database.batches.get(sequence);
    });
  }

  #watchPuts(wake: () => void): PutWatch {
    return new PutWatch(this.#folder, this.#world, () => this.#database.dataVersion(), wake);
  }

  #wakeAll(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }

  #assertOpen(): void {
    if (this.#closed) throw new PacketboatError('aborted', `The spool ${this.#folder} is closed`);
  }
}
