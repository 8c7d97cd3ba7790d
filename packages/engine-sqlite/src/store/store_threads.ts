import { CommitMeter, type CommitWork, type EngineListener, PacketboatError, type World } from '@packetboat/core';
import type { Change } from './changes.ts';
import { ChangeQueue, type Settled } from './change_queue.ts';
import type { CheckpointMode, WalState } from './checkpoint.ts';
import type {
  KeeperAnswers,
  KeeperQuestion,
  Lookup,
  LookupAnswers,
  ReaderAnswers,
  ReaderQuestion,
  WriterAnswers,
  WriterData,
  WriterQuestion,
} from './questions.ts';
import { ReadQueue } from './read_queue.ts';
import { StoreClock } from './store_clock.ts';
import type { WriterState } from './store_writer.ts';
import { ThreadClient } from './thread_client.ts';
import type { WireChange } from './wire.ts';

const initialState: WriterState = {
  full: false,
  wal: { bytes: 0, backlogBytes: 0 },
  commits: 0,
  syncs: 0,
  lastCommitMs: 0,
  streams: 0,
  losses: 0,
};

/** What {@linkcode SqliteLog} and {@linkcode SqliteMap} stand on. */
export interface StoreBackend {
  listen(listener: EngineListener): void;
  /** Stores a change. */
  commit(change: Change): Promise<Settled>;
  /** Asks the writer what it knows, behind the commits it already has. */
  lookUp<Question extends Lookup>(question: Question): Promise<LookupAnswers[Question['kind']]>;
  /** Asks the reader, which sees what is committed and cannot tell absence from damage. */
  read<Question extends ReaderQuestion>(question: Question): Promise<ReaderAnswers[Question['kind']]>;
}

/** Who is told of what the threads' work shows. */
export interface ThreadsWatcher {
  committed(): void;
  /** Damage was met. */
  damage(message: string): void;
}

/**
 * The storage thread, the reader's and the keeper's, seen from the main thread. When a write or sync fails, or a
 * thread dies, the store stops for good: nothing is acknowledged any more (P8). Reads go on until it is closed.
 */
export class StoreThreads implements StoreBackend {
  readonly changes: ChangeQueue;
  /** Settles with the reason when the store has stopped for good. */
  readonly failed: Promise<Error>;
  /** Measures the commits. */
  readonly meter = new CommitMeter();
  readonly #world: World;
  readonly #writer: ThreadClient<WriterQuestion, WriterAnswers>;
  readonly #reads = new ReadQueue();
  readonly #settleFailed: (error: Error) => void;
  readonly #reader: ThreadClient<ReaderQuestion, ReaderAnswers>;
  readonly #keeper: ThreadClient<KeeperQuestion, KeeperAnswers>;
  #state = initialState;
  #clock: StoreClock;
  #keeperSyncs = 0;
  #stopped: PacketboatError | undefined;
  #watcher: ThreadsWatcher | undefined;

  constructor(data: WriterData, world: World) {
    this.#world = world;
    this.#clock = new StoreClock(world.clock, 0);
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.failed = promise;
    this.#settleFailed = resolve;
    this.changes = new ChangeQueue(data.limits, ({ wire, bytes }) => this.#commit(wire, bytes));
    const fail = (error: Error) => this.#fail(error);
    this.#writer = new ThreadClient('writer_thread', data, fail);
    this.#reader = new ThreadClient('reader_thread', { folder: data.folder }, fail);
    this.#keeper = new ThreadClient('keeper_thread', { folder: data.folder }, fail);
  }

  /** State and counters as of the writer's last answer. */
  get state(): WriterState {
    return { ...this.#state, syncs: this.#state.syncs + this.#keeperSyncs };
  }

  /** Why nothing is committed any more, if so. */
  get stopped(): PacketboatError | undefined {
    return this.#stopped;
  }

  watch(watcher: ThreadsWatcher): void {
    this.#watcher = watcher;
  }

  /** Opens the store in each thread, the writer first: it creates, repairs and checkpoints. */
  async open(): Promise<WriterAnswers['open']> {
    const opened = await this.#writer.ask({ kind: 'open', nowNs: this.#world.clock.wallNs() });
    this.#state = opened.state;
    this.#clock = new StoreClock(this.#world.clock, opened.openMs);
    await Promise.all([this.#reader.ask({ kind: 'open' }), this.#keeper.ask({ kind: 'open' })]);
    return opened;
  }

  /** The store's own clock. */
  get clock(): StoreClock {
    return this.#clock;
  }

  listen(listener: EngineListener): void {
    this.changes.listen(listener);
  }

  commit(change: Change): Promise<Settled> {
    return this.changes.push(change);
  }

  lookUp<Question extends Lookup>(question: Question): Promise<LookupAnswers[Question['kind']]> {
    return this.#watched(async () => this.#open(this.#writer).ask(question));
  }

  read<Question extends ReaderQuestion>(question: Question): Promise<ReaderAnswers[Question['kind']]> {
    return this.#watched(() => this.#reads.run(async () => this.#open(this.#reader).ask(question)));
  }

  /** Lets the writer do what can wait, once. @returns whether there is more. */
  async tend(): Promise<boolean> {
    const answer = await this.#orStop(this.#writer.ask({ kind: 'tend', now: this.#clock.moment }));
    this.#state = answer.state;
    this.#measure(answer.work);
    this.changes.tell(answer.events);
    for (const message of answer.damage) this.#watcher?.damage(message);
    return answer.more;
  }

  /** A checkpoint beside the commits. @returns how far the log is now. */
  async checkpointBeside(): Promise<WalState> {
    const { wal, syncs, full } = await this.#orStop(this.#open(this.#keeper).ask({ kind: 'checkpoint' }));
    this.#keeperSyncs = syncs;
    this.#state = { ...this.#state, wal };
    if (full) this.#state = await this.#orStop(this.#writer.ask({ kind: 'enterFull' }));
    return wal;
  }

  /** A checkpoint between two commits. */
  async checkpointBetween(mode: CheckpointMode): Promise<WalState> {
    this.#state = await this.#orStop(this.#writer.ask({ kind: 'checkpoint', mode }));
    return this.#state.wal;
  }

  /** Takes appends again if there is room for the ballast. */
  async leaveFull(): Promise<void> {
    this.#state = await this.#orStop(this.#writer.ask({ kind: 'leaveFull' }));
  }

  /** Compares a bounded number of rows with their CRCs. @returns a sentence for each that is damaged. */
  async scrub(): Promise<readonly string[]> {
    return this.#open(this.#keeper).ask({ kind: 'scrub' });
  }

  /** Finishes what waits, checkpoints, and ends the threads; a store that has failed is left as it is. */
  async close(): Promise<void> {
    await this.changes.drain(new PacketboatError('stopping', 'The store is closed'));
    try {
      if (this.#stopped !== undefined) return;
      this.#stopped = new PacketboatError('stopping', 'The store is closed');
      await this.#keeper.ask({ kind: 'close' });
      await this.#reader.ask({ kind: 'close' });
      await this.#writer.ask({ kind: 'close', now: this.#clock.moment });
    } finally {
      await this.abandon();
    }
  }

  /** Ends the threads as they stand. */
  async abandon(): Promise<void> {
    // The reader last: a writing connection that is closed last would checkpoint what may not be on the disk.
    await this.#writer.end();
    await this.#keeper.end();
    await this.#reader.end();
  }

  async #commit(changes: readonly WireChange[], bytes: ArrayBuffer): Promise<WriterAnswers['commit']> {
    const now = this.#clock.moment;
    const committed = await this.#orStop(this.#writer.ask({ kind: 'commit', changes, bytes, now }, [bytes]));
    this.#state = committed.state;
    this.#measure(committed.work);
    for (const message of committed.damage) this.#watcher?.damage(message);
    this.#watcher?.committed();
    return committed;
  }

  #measure(commits: readonly CommitWork[]): void {
    for (const work of commits) this.meter.observe(work);
  }

  /** What the writer or a checkpoint cannot do makes everything after it uncertain. */
  async #orStop<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      const value = await answer;
      if (this.#stopped?.code === 'storeFailed') throw this.#stopped;
      return value;
    } catch (error) {
      this.#fail(error as Error);
      throw this.#stopped ?? error;
    }
  }

  async #watched<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof PacketboatError && error.code === 'damaged') this.#watcher?.damage(error.message);
      throw error;
    }
  }

  #fail(cause: Error): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = new PacketboatError('storeFailed', `The store has stopped: ${cause.message}`, { cause });
    this.changes.stop(this.#stopped);
    this.#settleFailed(this.#stopped);
  }

  #open<Thread>(thread: Thread | undefined): Thread {
    if (thread !== undefined && this.#stopped?.code !== 'stopping') return thread;
    throw new PacketboatError('stopping', 'The store is closed');
  }
}
