import { statfs } from 'node:fs/promises';
import type { Timer, World } from '@packetboat/core';
import type { StoreThreads } from './store_threads.ts';

/** Tells a person what the store found. */
export type StoreLog = (level: 'info' | 'warn' | 'error', message: string, details?: object) => void;

/** What the caretaker works with. */
export interface CaretakerOptions {
  readonly folder: string;
  readonly world: World;
  readonly threads: StoreThreads;
  readonly walBytesMax: number;
  readonly ballastBytes: number;
  readonly log: StoreLog;
}

const tickMs = 1_000;
/** A checkpoint beside the commits begins when the database lacks this much of the log. */
const backlogBytesMax = 4_194_304;
/** From this part of `walBytesMax` on, the log begins anew once its backlog is too small to be felt. */
const restartPart = 0.25;
const smallBacklogBytes = 1_048_576;
/** An idle store empties its log from this size on, and on a full disk at once: it gives back what it can. */
const idleWalBytes = 1_048_576;
/** Pieces of what can wait that are done in one tick while nobody waits. */
const tendedPerTick = 64;
/** Damaged rows that are told one by one; with more, nobody reads on. */
const damageMax = 10_000;
/** Nothing keeps the log from being copied. */
const notHeld = { copiedBytes: -1, untilMs: -Infinity };
/** To leave the state `full`, there must be room for this many ballasts: hysteresis. */
const roomInBallasts = 2;

/**
 * Does what must be done beside the commits: checkpoints before the log grows, garbage and retention, the scrub, and
 * the look whether a full disk has room again (P8).
 */
export class Caretaker {
  readonly #options: CaretakerOptions;
  #timer: Timer | undefined;
  /** Work that must not overlap with itself. */
  readonly #running = new Set<string>();
  #lookedMs = -Infinity;
  /** How far the last checkpoint came that could go no further, and when to try again. */
  #held = notHeld;
  /** Damage that was told, so that the scrub's next round does not count it again. */
  readonly #damage = new Set<string>();

  constructor(options: CaretakerOptions) {
    this.#options = options;
    this.#arm();
  }

  /** Rows found damaged so far. */
  get damagedRows(): number {
    return this.#damage.size;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Looks at the log and the disk after a commit. */
  committed(): void {
    const { full, wal } = this.#options.threads.state;
    const held = this.#options.world.clock.monotonicMs() < this.#held.untilMs;
    if (wal.backlogBytes >= backlogBytesMax && !held) this.#run('checkpoint', () => this.#checkpoint());
    if (full) this.#run('room', () => this.#lookForRoom());
  }

  /** Counts damage that somebody met, and tells of it once. */
  damage(message: string): void {
    if (this.#damage.has(message) || this.#damage.size >= damageMax) return;
    this.#damage.add(message);
    this.#options.log('error', message);
  }

  #arm(): void {
    this.#timer = this.#options.world.timers.after(tickMs, () => {
      this.#run('tend', () => this.#tend());
      if (this.#options.threads.changes.idle) this.#run('checkpoint', () => this.#emptyLog());
      if (this.#options.threads.state.full) this.#run('room', () => this.#lookForRoom());
      if (this.#options.threads.changes.idle) this.#run('scrub', () => this.#scrub());
      this.#arm();
    });
  }

  /**
   * Checkpoints beside the commits until the log is nearly all in the database; then a short one between two commits
   * lets it begin anew. Only at its limit the log begins anew whatever that costs. What a reader holds for long (a
   * backup) cannot be copied: then nothing is tried for a while, least of all between commits.
   */
  async #checkpoint(): Promise<void> {
    const { threads, walBytesMax } = this.#options;
    let before = this.#held.copiedBytes;
    this.#held = notHeld;
    for (;;) {
      const { bytes, backlogBytes } = await threads.checkpointBeside();
      if (bytes < walBytesMax * restartPart) return;
      const copiedBytes = bytes - backlogBytes;
      if (copiedBytes <= before) return this.#hold(copiedBytes);
      before = copiedBytes;
      if (backlogBytes <= smallBacklogBytes || bytes >= walBytesMax) {
        const after = await threads.checkpointBetween('RESTART');
        if (after.backlogBytes > 0) this.#hold(after.bytes - after.backlogBytes);
        return;
      }
    }
  }

  #hold(copiedBytes: number): void {
    this.#held = { copiedBytes, untilMs: this.#options.world.clock.monotonicMs() + tickMs };
  }

  async #emptyLog(): Promise<void> {
    const { threads } = this.#options;
    const { full, wal } = threads.state;
    if (wal.bytes < (full ? 1 : idleWalBytes)) return;
    const { backlogBytes } = wal.backlogBytes > smallBacklogBytes ? await threads.checkpointBeside() : wal;
    if (backlogBytes <= smallBacklogBytes) await threads.checkpointBetween('TRUNCATE');
  }

  /** One piece in each tick, and more of them while nobody waits. */
  async #tend(): Promise<void> {
    const { threads } = this.#options;
    for (let piece = 0; piece < tendedPerTick; piece++) {
      if (!(await threads.tend()) || !threads.changes.idle) return;
    }
  }

  async #scrub(): Promise<void> {
    for (const message of await this.#options.threads.scrub()) this.damage(message);
  }

  async #lookForRoom(): Promise<void> {
    const { folder, world, threads, ballastBytes, log } = this.#options;
    const nowMs = world.clock.monotonicMs();
    if (nowMs - this.#lookedMs < tickMs) return;
    this.#lookedMs = nowMs;
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < ballastBytes * roomInBallasts) return;
    await threads.leaveFull();
    if (!threads.state.full) log('info', 'The disk has room again: appends are taken');
  }

  /** What fails here has stopped the store already, or is tried again at the next tick. */
  #run(name: string, work: () => Promise<void>): void {
    if (this.#running.has(name) || this.#options.threads.stopped !== undefined) return;
    this.#running.add(name);
    work()
      .catch((error: unknown) => {
        if (this.#options.threads.stopped === undefined) this.#options.log('warn', `Cannot ${name}: ${String(error)}`);
      })
      .finally(() => this.#running.delete(name));
  }
}
