import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type CommitWork, type Limits, PacketboatError, type Proof, type World } from '@packetboat/core';
import { syncFolder } from '../make_folder.ts';
import { fromSqlite } from '../sqlite_error.ts';
import { Ballast } from './ballast.ts';
import type { Change, CommitReport, StoreEvent } from './changes.ts';
import { Checkpointer, type CheckpointMode, type WalState } from './checkpoint.ts';
import { connect, databasePath, type Identity, pragma, readIdentity } from './database.ts';
import { Committer, type Tended } from './committer.ts';
import { Engine } from './engine.ts';
import { ProofSigner } from './proof_signer.ts';
import { SqliteTx } from './sqlite_tx.ts';
import type { Moment } from './store_clock.ts';
import { type Loss, witnessEntry } from './witness_entry.ts';
import { WitnessLog } from './witness_log.ts';

/** What the writer works with. */
export interface WriterOptions {
  readonly folder: string;
  readonly limits: Limits;
  readonly ballastBytes: number;
  readonly walBytesMax: number;
  readonly world: Pick<World, 'clock' | 'crc32'>;
}

/** What a commit tells the main thread. */
export interface Committed extends Pick<CommitReport, 'results' | 'events' | 'damage'> {
  readonly proofs: readonly Proof[];
  /** What was committed since the last answer. */
  readonly work: readonly CommitWork[];
}

/** State and counters, sent with every answer. */
export interface WriterState {
  readonly full: boolean;
  readonly wal: WalState;
  readonly commits: number;
  readonly syncs: number;
  readonly lastCommitMs: number;
  readonly streams: number;
  readonly losses: number;
}

/** Pages that stay free for what comes while there is room, and pages that one step gives back. */
const freePagesKept = 1_024;
const vacuumedAtOnce = 256;
/** A checkpoint waits this long for readers, then leaves the rest to the next time. */
const busyTimeoutMs = 100;

/** The storage thread's work: the engine on its database, the second witness, the ballast. Everything here blocks. */
export class StoreWriter {
  readonly identity: Identity;
  readonly engine: Engine;
  /** What was found lost at this start. */
  readonly loss: Loss;
  readonly #database: DatabaseSync;
  readonly #tx: SqliteTx;
  readonly #signer: ProofSigner;
  readonly #witness: WitnessLog;
  readonly #ballast: Ballast;
  readonly #committer: Committer;
  readonly #checkpointer: Checkpointer;
  readonly #world: Pick<World, 'clock' | 'crc32'>;
  readonly #counters = { commits: 0, syncs: 0, lastCommitMs: 0 };
  #wal: WalState = { bytes: 0, backlogBytes: 0 };
  /** When the commit began that is being made. */
  #startMs = 0;
  #work: CommitWork[] = [];

  /** Opens the store; when this returns, everything in it is on the disk (P8). */
  constructor({ folder, limits, ballastBytes, walBytesMax, world }: WriterOptions, nowNs: bigint) {
    this.#world = world;
    this.#ballast = new Ballast(folder, ballastBytes);
    this.#witness = new WitnessLog(folder, world.crc32);
    // Closed after the writing connection, this one keeps a start that fails from changing anything.
    const guard = connect(folder, 'reader');
    this.#database = connect(folder, 'writer');
    try {
      const tx = new SqliteTx(this.#database, world.crc32, 'write', world.clock);
      this.#tx = tx;
      this.identity = readIdentity(tx);
      this.#signer = new ProofSigner(this.identity);
      this.#checkpointer = new Checkpointer(this.#database);
      this.engine = Engine.open({ tx, crc32: world.crc32, limits });
      this.#committer = new Committer(this.engine, {
        enterFull: () => this.#ballast.release(),
        stored: (report) => this.#stored(report),
      });
      this.loss = this.#compareWitness(folder, { wallNs: nowNs, openMs: this.engine.keptMs });
      this.#database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA journal_size_limit = ${walBytesMax}`);
      this.#checkpointFirst();
      this.#witness.sync();
      syncFolder(folder);
      if (!this.engine.full && !this.#ballast.take()) this.enterFull();
    } catch (error) {
      this.#witness.close();
      this.#database.close();
      throw error;
    } finally {
      guard.close();
    }
  }

  get state(): WriterState {
    const { full, streams, losses } = this.engine;
    const syncs = this.#counters.syncs + this.#checkpointer.syncs;
    return { full, streams, losses, wal: this.#wal, ...this.#counters, syncs };
  }

  /** Commits, leaves a witness, and only then lets the receipts go. @throws when the store must stop (P8). */
  commit(changes: readonly Change[], now: Moment): Committed {
    const startMs = this.#world.clock.monotonicMs();
    this.#startMs = startMs;
    const { results, events, proofs, damage } = this.#committer.commit(changes, now);
    this.#counters.lastCommitMs = this.#world.clock.monotonicMs() - startMs;
    return { results, events, damage, proofs: proofs.map((claim) => this.#signer.sign(claim)), work: this.#takeWork() };
  }

  /** Does a bounded piece of what can wait. @throws when the store must stop (P8). */
  tend(now: Moment): Tended & Pick<Committed, 'work'> {
    this.#startMs = this.#world.clock.monotonicMs();
    const { more, events, damage } = this.#committer.tend(now);
    return { more: more || this.#vacuum(), events, damage, work: this.#takeWork() };
  }

  /** @throws when the store must stop (P8); a full disk is a state. */
  checkpoint(mode: CheckpointMode): void {
    this.#orFull(() => this.#checkpointer.run(mode));
    this.#wal = this.#checkpointer.look();
    if (this.#wal.backlogBytes === 0) this.#witness.empty();
  }

  /** Gives up the ballast and refuses appends. */
  enterFull(): void {
    this.#committer.enterFull();
  }

  /** Takes appends again if there is room for the ballast. */
  leaveFull(): void {
    if (this.engine.full && this.#ballast.take()) this.engine.full = false;
  }

  /** Leaves one file that holds everything. */
  close(now: Moment): void {
    this.#committer.keepClock(now);
    this.checkpoint('TRUNCATE');
    this.#witness.close();
    this.#database.close();
  }

  /** What an unclean end left in the log may never have reached the disk: it is synced before the first receipt. */
  #checkpointFirst(): void {
    this.checkpoint('TRUNCATE');
    // The first try has given up the ballast.
    if (this.engine.full) this.checkpoint('TRUNCATE');
    // A reader of the newest state keeps the log from being emptied, not from being copied: that is enough.
    if (this.#wal.backlogBytes === 0) return;
    if (this.engine.full) throw new PacketboatError('diskFull', 'There is no room to checkpoint the store');
    throw new PacketboatError('busy', 'The store cannot be checkpointed while another program reads an older state');
  }

  #stored(report: CommitReport): void {
    this.#counters.commits += 1;
    this.#counters.syncs += 1;
    this.#measure(report.events);
    if (this.#witness.append(witnessEntry(report)) === 'diskFull') this.#committer.enterFull();
    this.#wal = this.#checkpointer.look();
  }

  #measure(events: readonly StoreEvent[]): void {
    const nowMs = this.#world.clock.monotonicMs();
    const work = { seconds: (nowMs - this.#startMs) / 1_000, syncSeconds: this.#tx.commitMs / 1_000 };
    this.#startMs = nowMs;
    let [segments, batches, bytes] = [0, 0, 0];
    for (const event of events) {
      if (event.kind !== 'segment') continue;
      segments += 1;
      batches += event.changes.length;
      bytes += event.batchBytes;
    }
    this.#work.push({ ...work, segments, batches, bytes });
  }

  #takeWork(): readonly CommitWork[] {
    const work = this.#work;
    this.#work = [];
    return work;
  }

  /** Gives free pages back to the file system, a few at a time. @returns whether there were any. */
  #vacuum(): boolean {
    const kept = this.engine.full ? 0 : freePagesKept;
    if (pragma(this.#database, 'freelist_count') <= kept) return false;
    return this.#orFull(() => {
      this.#database.exec(`PRAGMA incremental_vacuum(${vacuumedAtOnce})`);
      this.#counters.syncs += 1;
    });
  }

  /** @returns whether there was room for `work`. @throws any other failure of it. */
  #orFull(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      const mapped = fromSqlite(error, 'Cannot write');
      if (!(mapped instanceof PacketboatError) || mapped.code !== 'diskFull') throw mapped;
      this.enterFull();
      return false;
    }
  }

  /** Looks for a tail that vanished (F15). What is left of it stays in a copy of the log. */
  #compareWitness(folder: string, now: Moment): Loss {
    const log = `${databasePath(folder)}-wal`;
    const keepEvidence = () => {
      if (existsSync(log)) cpSync(log, join(folder, `damaged-wal-${now.wallNs}`));
    };
    const { outcome, loss } = this.engine.compare(this.#witness.read(), now, keepEvidence);
    if (outcome.kind === 'ok') return loss;
    throw outcome.cause;
  }
}
