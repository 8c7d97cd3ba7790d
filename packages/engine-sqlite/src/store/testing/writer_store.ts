import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import {
  ExpiringLog,
  hex,
  type KeyValueMap,
  type Limits,
  type Log,
  PacketboatError,
  type World,
} from '@packetboat/core';
import { answerRead, type ReadQuestion } from '../answer_read.ts';
import { ChangeQueue } from '../change_queue.ts';
import { connect, createDatabase, databasePath } from '../database.ts';
import { lookUp } from '../look_up.ts';
import { ProofSigner } from '../proof_signer.ts';
import type { Lookup, LookupAnswers, ReaderAnswers, ReaderQuestion } from '../questions.ts';
import { SqliteLog } from '../sqlite_log.ts';
import { SqliteMap } from '../sqlite_map.ts';
import { SqliteTx } from '../sqlite_tx.ts';
import type { StoreBackend } from '../store_threads.ts';
import { StoreWriter } from '../store_writer.ts';
import { StoreClock } from '../store_clock.ts';
import { toWireError, unpackChanges } from '../wire.ts';

/** The embedded store on its real files, in one thread: quick enough to be opened hundreds of times. */
export class WriterStore implements StoreBackend {
  readonly log: Log;
  readonly map: KeyValueMap;
  readonly writer: StoreWriter;
  readonly #reading: DatabaseSync;
  readonly #readingTx: SqliteTx;
  readonly #changes: ChangeQueue;
  readonly #clock: StoreClock;

  constructor(folder: string, world: World, limits: Limits, ballastBytes = 0) {
    const identity = { id: hex(world.random.bytes(4)), macKey: 'a2V5' };
    if (!existsSync(databasePath(folder))) createDatabase(folder, identity, world.crc32);
    const nowNs = world.clock.wallNs();
    this.writer = new StoreWriter({ folder, limits, ballastBytes, walBytesMax: 1_048_576, world }, nowNs);
    const { engine } = this.writer;
    this.#clock = new StoreClock(world.clock, engine.keptMs);
    this.#reading = connect(folder, 'reader');
    this.#readingTx = new SqliteTx(this.#reading, world.crc32, 'read');
    this.#changes = new ChangeQueue(limits, async ({ wire, bytes }) => {
      const { results, ...committed } = this.writer.commit(unpackChanges(wire, bytes), this.#clock.moment);
      const plain = results.map((result) => (result instanceof PacketboatError ? toWireError(result) : result));
      return { ...committed, results: plain, state: this.writer.state };
    });
    const log = new SqliteLog(this, new ProofSigner(this.writer.identity), limits, world);
    this.log = new ExpiringLog(log, { world, nowMs: () => this.#clock.openMs, stored: engine.lifetimes() });
    this.map = new SqliteMap(this);
  }

  listen: StoreBackend['listen'] = (listener) => this.#changes.listen(listener);
  commit: StoreBackend['commit'] = (change) => this.#changes.push(change);

  async lookUp<Question extends Lookup>(question: Question): Promise<LookupAnswers[Question['kind']]> {
    return lookUp(this.writer.engine, question) as LookupAnswers[Question['kind']];
  }

  async read<Question extends ReaderQuestion>(question: Question): Promise<ReaderAnswers[Question['kind']]> {
    return answerRead(this.#readingTx, question as ReadQuestion).value as ReaderAnswers[Question['kind']];
  }

  /** As `Store.close`. */
  close(): void {
    this.#reading.close();
    this.writer.close(this.#clock.moment);
  }
}

/** Copies a store's files as a crash would leave them. Lock files stay: opening them would free their locks. */
export function crashImage(folder: string, to: string): void {
  for (const name of ['store.db', 'store.db-wal', 'witness.log']) {
    if (existsSync(join(folder, name))) cpSync(join(folder, name), join(to, name));
  }
}
