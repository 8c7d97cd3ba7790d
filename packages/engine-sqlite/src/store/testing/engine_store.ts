import {
  type Blobs,
  CommitMeter,
  type EngineListener,
  ExpiringLog,
  type Limits,
  MemoryStore,
  PacketboatError,
  type Store,
  type StoreHealth,
  type World,
} from '@packetboat/core';
import { answerRead, type ReadQuestion } from '../answer_read.ts';
import { ChangeQueue } from '../change_queue.ts';
import type { Change } from '../changes.ts';
import { Committer, type Tended } from '../committer.ts';
import { Engine } from '../engine.ts';
import { lookUp } from '../look_up.ts';
import { ProofSigner } from '../proof_signer.ts';
import type { Lookup, LookupAnswers, ReaderAnswers, ReaderQuestion, WriterAnswers } from '../questions.ts';
import { SqliteLog } from '../sqlite_log.ts';
import { SqliteMap } from '../sqlite_map.ts';
import { StoreClock } from '../store_clock.ts';
import type { StoreBackend } from '../store_threads.ts';
import { toWireError, unpackChanges, type WireChange } from '../wire.ts';
import { type MemoryDisk, MemoryTx } from './memory_disk.ts';

const identity = { id: 'engine-store', macKey: 'a2V5' };

/** What {@linkcode EngineStore} is opened with. */
export interface EngineStoreOptions {
  /** Holds what earlier stores committed; a fresh one becomes a store. */
  readonly disk: MemoryDisk;
  readonly world: World;
  readonly limits: Limits;
  /** Time that passes around a commit, before and after it is stored. @default none */
  readonly pause?: () => Promise<void>;
}

/**
 * The embedded store without threads and SQLite: the engine's logic, the queue and the wire format over a
 * {@linkcode MemoryDisk} that fails on command. Blobs are in memory.
 */
export class EngineStore implements Store, StoreBackend {
  readonly id = identity.id;
  readonly durability = 'disk';
  readonly log: ExpiringLog;
  readonly map: SqliteMap;
  readonly blobs: Blobs;
  readonly failed: Promise<Error>;
  readonly engine: Engine;
  readonly committer: Committer;
  /** Times the ballast was given up. */
  ballastsReleased = 0;
  readonly #log: SqliteLog;
  readonly #clock: StoreClock;
  readonly #reading: MemoryTx;
  readonly #changes: ChangeQueue;
  readonly #signer = new ProofSigner(identity);
  readonly #pause: () => Promise<void>;
  readonly #failure = Promise.withResolvers<Error>();
  #closed = false;
  #stopped = false;

  constructor({ disk, world, limits, pause = async () => undefined }: EngineStoreOptions) {
    this.#pause = pause;
    this.failed = this.#failure.promise;
    this.#reading = new MemoryTx(disk, world.crc32);
    const tx = new MemoryTx(disk, world.crc32);
    if (disk.commits === 0) {
      tx.begin();
      Engine.create({ tx });
      tx.commit();
    }
    this.engine = Engine.open({ tx, crc32: world.crc32, limits });
    this.committer = new Committer(this.engine, {
      enterFull: () => {
        this.ballastsReleased += 1;
      },
      stored: () => undefined,
    });
    this.#changes = new ChangeQueue(limits, ({ wire, bytes }) => this.#commit(wire, bytes));
    this.#clock = new StoreClock(world.clock, this.engine.keptMs);
    this.#log = new SqliteLog(this, this.#signer, limits, world);
    this.log = new ExpiringLog(this.#log, {
      world,
      nowMs: () => this.#clock.openMs,
      stored: this.engine.lifetimes(),
    });
    this.map = new SqliteMap(this);
    this.blobs = new MemoryStore({ world, limits }).blobs;
  }

  /** Does a piece of what can wait, as the caretaker would. @throws {PacketboatError} `storeFailed` (P8) */
  tend(): Tended {
    const tended = this.#orStop(() => this.committer.tend(this.#clock.moment));
    this.#changes.tell(tended.events);
    return tended;
  }

  listen(listener: EngineListener): void {
    this.#changes.listen(listener);
  }

  commit(change: Change) {
    return this.#changes.push(change);
  }

  async lookUp<Question extends Lookup>(question: Question): Promise<LookupAnswers[Question['kind']]> {
    this.#checkOpen();
    return structuredClone(lookUp(this.engine, question)) as LookupAnswers[Question['kind']];
  }

  async read<Question extends ReaderQuestion>(question: Question): Promise<ReaderAnswers[Question['kind']]> {
    this.#checkOpen();
    const { value } = answerRead(this.#reading, question as ReadQuestion);
    return structuredClone(value) as ReaderAnswers[Question['kind']];
  }

  health(): StoreHealth {
    const { batches, bytes } = this.#log.appended;
    return {
      state: this.#closed ? 'closed' : 'ready',
      reason: undefined,
      commits: 0,
      syncs: 0,
      appendedBatches: batches,
      appendedBytes: bytes,
      queuedBytes: this.#changes.bytes,
      lastCommitMs: 0,
      perCommit: new CommitMeter().histograms,
      walBytes: 0,
      streams: this.engine.streams,
      losses: this.engine.losses,
      damagedRows: 0,
    };
  }

  async close(): Promise<void> {
    this.log.stop();
    await this.#changes.drain(new PacketboatError('stopping', 'The store is closed'));
    if (!this.#closed && !this.#stopped) this.committer.keepClock(this.#clock.moment);
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new PacketboatError('stopping', 'The store is closed');
  }

  async #commit(wire: readonly WireChange[], bytes: ArrayBuffer): Promise<WriterAnswers['commit']> {
    const changes = unpackChanges(structuredClone(wire), bytes);
    await this.#pause();
    const report = this.#orStop(() => this.committer.commit(changes, this.#clock.moment));
    await this.#pause();
    const results = report.results.map((result) => (result instanceof PacketboatError ? toWireError(result) : result));
    const proofs = report.proofs.map((claim) => this.#signer.sign(claim));
    return structuredClone({ results, proofs, events: report.events, damage: report.damage, work: [], state: noState });
  }

  /** A store that does not know what it has stored stops for good (P8). */
  #orStop<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      this.#stopped = true;
      this.#changes.stop(error as PacketboatError);
      this.#failure.resolve(error as Error);
      throw error;
    }
  }
}

const noState: WriterAnswers['commit']['state'] = {
  full: false,
  wal: { bytes: 0, backlogBytes: 0 },
  commits: 0,
  syncs: 0,
  lastCommitMs: 0,
  streams: 0,
  losses: 0,
};
