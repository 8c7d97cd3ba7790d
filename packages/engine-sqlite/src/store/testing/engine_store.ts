import {
  type Blobs,
  type Limits,
  type LogListener,
  MemoryStore,
  PacketboatError,
  type Store,
  type StoreHealth,
  type World,
} from '@packetboat/core';
import { answerRead, type ReadQuestion } from '../answer_read.ts';
import { ChangeQueue } from '../change_queue.ts';
import type { Change } from '../changes.ts';
import { Committer } from '../committer.ts';
import { Engine } from '../engine.ts';
import { lookUp } from '../look_up.ts';
import { ProofSigner } from '../proof_signer.ts';
import type { Lookup, LookupAnswers, ReaderAnswers, ReaderQuestion, WriterAnswers } from '../questions.ts';
import { SqliteLog } from '../sqlite_log.ts';
import { SqliteMap } from '../sqlite_map.ts';
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
}

/**
 * The embedded store without threads and SQLite: the engine's logic, the queue and the wire format over a
 * {@linkcode MemoryDisk} that fails on command. Blobs are in memory.
 */
export class EngineStore implements Store, StoreBackend {
  readonly id = identity.id;
  readonly durability = 'disk';
  readonly log: SqliteLog;
  readonly map: SqliteMap;
  readonly blobs: Blobs;
  readonly failed = new Promise<Error>(() => undefined);
  readonly engine: Engine;
  readonly committer: Committer;
  /** Times the ballast was given up. */
  ballastsReleased = 0;
  readonly #world: World;
  readonly #reading: MemoryTx;
  readonly #changes: ChangeQueue;
  readonly #signer = new ProofSigner(identity);
  #closed = false;

  constructor({ disk, world, limits }: EngineStoreOptions) {
    this.#world = world;
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
    this.log = new SqliteLog(this, this.#signer, limits, world);
    this.map = new SqliteMap(this);
    this.blobs = new MemoryStore({ world, limits }).blobs;
  }

  listen(listener: LogListener): void {
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
    const { batches, bytes } = this.log.appended;
    return {
      state: this.#closed ? 'closed' : 'ready',
      reason: undefined,
      commits: 0,
      syncs: 0,
      appendedBatches: batches,
      appendedBytes: bytes,
      queuedBytes: this.#changes.bytes,
      lastCommitMs: 0,
      walBytes: 0,
      streams: this.engine.streams,
      losses: this.engine.losses,
      damagedRows: 0,
    };
  }

  async close(): Promise<void> {
    await this.#changes.drain(new PacketboatError('stopping', 'The store is closed'));
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new PacketboatError('stopping', 'The store is closed');
  }

  async #commit(wire: readonly WireChange[], bytes: ArrayBuffer): Promise<WriterAnswers['commit']> {
    const changes = unpackChanges(structuredClone(wire), bytes);
    const report = this.committer.commit(changes, this.#world.clock.wallNs());
    const results = report.results.map((result) => (result instanceof PacketboatError ? toWireError(result) : result));
    const proofs = report.proofs.map((claim) => this.#signer.sign(claim));
    return structuredClone({ results, proofs, events: report.events, damage: report.damage, state: noState });
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
