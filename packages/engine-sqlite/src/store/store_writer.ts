import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type Limits, PacketboatError, type Proof, type World } from '@packetboat/core';
import { syncFolder } from '../make_folder.ts';
import { Ballast } from './ballast.ts';
import type { Change, CommitReport } from './changes.ts';
import { type CheckpointMode, checkpoint, type WalState } from './checkpoint.ts';
import { connect, databasePath, type Identity, pragma, readIdentity } from './database.ts';
import { Committer } from './committer.ts';
import { Engine } from './engine.ts';
import { ProofSigner } from './proof_signer.ts';
import { SqliteTx } from './sqlite_tx.ts';
import { witnessEntry } from './witness_entry.ts';
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

/** Pages that stay free for what comes, and pages that one step gives back. */
const freePagesKept = 1_024;
const vacuumedAtOnce = 256;
/** A restart of the log waits this long for readers, then leaves it to the next time. */
const busyTimeoutMs = 100;
/** A checkpoint syncs the log, then the database. */
const syncsPerCheckpoint = 2;

/** The storage thread's work: the engine on its database, the second witness, the ballast. Everything here blocks. */
export class StoreWriter {
  readonly identity: Identity;
  readonly engine: Engine;
  /** Streams that were found to have lost a tail at this start. */
  readonly lost: readonly string[];
  readonly #database: DatabaseSync;
  readonly #signer: ProofSigner;
  readonly #witness: WitnessLog;
  readonly #ballast: Ballast;
  readonly #committer: Committer;
  readonly #world: Pick<World, 'clock' | 'crc32'>;
  readonly #counters = { commits: 0, syncs: 0, lastCommitMs: 0 };
  #wal: WalState = { bytes: 0, backlogBytes: 0 };

  /** Opens the store; when this returns, everything in it is on the disk (P8). */
  constructor({ folder, limits, ballastBytes, walBytesMax, world }: WriterOptions, nowNs: bigint) {
    this.#world = world;
    this.#ballast = new Ballast(folder, ballastBytes);
    this.#witness = new WitnessLog(folder, world.crc32);
    this.#database = connect(folder, 'writer');
    try {
      const tx = new SqliteTx(this.#database, world.crc32, 'write');
      this.identity = readIdentity(tx);
      this.#signer = new ProofSigner(this.identity);
      this.engine = Engine.open({ tx, crc32: world.crc32, limits });
      this.#committer = new Committer(this.engine, {
        enterFull: () => this.#ballast.release(),
        stored: (report) => this.#stored(report),
      });
      this.lost = this.#compareWitness(folder, nowNs);
      this.#checkpointFirst();
      syncFolder(folder);
      if (!this.engine.full && !this.#ballast.take()) this.enterFull();
      this.#database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA journal_size_limit = ${walBytesMax}`);
    } catch (error) {
      this.#witness.close();
      this.#database.close();
      throw error;
    }
  }

  get state(): WriterState {
    const { full, streams, losses } = this.engine;
    return { full, streams, losses, wal: this.#wal, ...this.#counters };
  }

  /** Commits, leaves a witness, and only then lets the receipts go. @throws when the store must stop (P8). */
  commit(changes: readonly Change[], nowNs: bigint): Committed {
    const startMs = this.#world.clock.monotonicMs();
    const { results, events, proofs, damage } = this.#committer.commit(changes, nowNs);
    this.#counters.lastCommitMs = this.#world.clock.monotonicMs() - startMs;
    return { results, events, damage, proofs: proofs.map((claim) => this.#signer.sign(claim)) };
  }

  /** Does a bounded piece of what can wait. @returns whether there was any. */
  tend(nowNs: bigint): boolean {
    if (this.#committer.tend(nowNs)) return true;
    if (pragma(this.#database, 'freelist_count') <= freePagesKept) return false;
    this.#database.exec(`PRAGMA incremental_vacuum(${vacuumedAtOnce})`);
    this.#counters.syncs += 1;
    return true;
  }

  /** @throws when the store must stop (P8); a full disk is a state. */
  checkpoint(mode: CheckpointMode): void {
    try {
      const { complete, ...wal } = checkpoint(this.#database, mode);
      this.#wal = wal;
      this.#counters.syncs += syncsPerCheckpoint;
      if (complete && mode !== 'PASSIVE') this.#witness.empty();
    } catch (error) {
      if (!(error instanceof PacketboatError) || error.code !== 'diskFull') throw error;
      this.enterFull();
    }
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
  close(): void {
    this.checkpoint('TRUNCATE');
    this.#witness.close();
    this.#database.close();
  }

  /** What an unclean end left in the log may never have reached the disk: it is synced before the first receipt. */
  #checkpointFirst(): void {
    this.checkpoint('TRUNCATE');
    if (this.engine.full) this.checkpoint('TRUNCATE');
    if (this.#wal.bytes > 0) throw new PacketboatError('diskFull', 'There is no room to checkpoint the store');
  }

  #stored(report: CommitReport): void {
    this.#counters.commits += 1;
    this.#counters.syncs += 1;
    if (this.#witness.append(witnessEntry(report)) === 'diskFull') this.#committer.enterFull();
    this.#wal = checkpoint(this.#database, 'NOOP');
  }

  /** Looks for a tail that vanished (F15). What is left of it stays in a copy of the log, if there is room. */
  #compareWitness(folder: string, nowNs: bigint): string[] {
    const log = `${databasePath(folder)}-wal`;
    const { outcome, lost } = this.engine.compare(this.#witness.read(), nowNs, () => {
      if (existsSync(log)) cpSync(log, join(folder, `damaged-wal-${nowNs}`));
    });
    if (outcome.kind !== 'ok') throw outcome.cause;
    return lost;
  }
}
