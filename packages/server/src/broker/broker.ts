import {
  type AppendOutcome,
  type AppendRequest,
  type Limits,
  PacketboatError,
  type Store,
  type World,
} from '@packetboat/core';
import { Feeds } from '../fan_out/feeds.ts';
import { KeepAlive } from '../fan_out/keep_alive.ts';
import { LiveReaders } from '../fan_out/live_readers.ts';
import { ReadQueue } from '../fan_out/read_queue.ts';
import type { ServerLog } from '../server_log.ts';
import type { Connection } from '../connection/connection.ts';
import { Sequences } from '../sequences/sequences.ts';
import { ByteBudget } from './byte_budget.ts';
import { CommitListeners } from './commit_listeners.ts';
import { Counters } from './counters.ts';
import { Cursors } from './cursors.ts';
import { EpochClaims } from './epoch_claims.ts';
import { KeptAnswers } from './kept_answers.ts';

import { Sessions } from './sessions.ts';

/** What a {@linkcode Broker} needs. */
export interface BrokerOptions {
  readonly store: Store;
  readonly world: World;
  readonly limits: Limits;
  readonly log: ServerLog;
}

/** `stopping`: no new appends, what is queued is finished. `failed`: the store stopped for good (P8). */
export type BrokerState = 'ready' | 'stopping' | 'failed';

/** The middle between doors and store: appends go through it, commits come out of it, connections hang on it. */
export class Broker {
  readonly store: Store;
  readonly world: World;
  readonly limits: Limits;
  readonly log: ServerLog;
  readonly counters = new Counters();
  /** Who is told of commits. */
  readonly commits = new CommitListeners();
  readonly claims = new EpochClaims();
  readonly cursors: Cursors;
  readonly feeds: Feeds;
  readonly reads: ReadQueue;
  /** Holds request bodies until they are complete; what is appended then counts in the store's queue. */
  readonly bodies: ByteBudget;
  readonly liveReaders: LiveReaders;
  readonly connections = new Set<Connection>();
  /** What survives connections. */
  readonly sessions: Sessions;
  /** Verifiable sequences of numbers. */
  readonly sequences: Sequences;
  /** Answers of calls over sessions, by key. */
  readonly callAnswers: KeptAnswers;
  /** Settles when the store has failed and every connection was told (P8). */
  readonly failed: Promise<Error>;
  #state: BrokerState = 'ready';
  #appendsInFlight = 0;
  #appendBytesInFlight = 0;
  #onIdle: (() => void) | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: BrokerOptions) {
    const { store, world, limits, log } = options;
    this.store = store;
    this.world = world;
    this.limits = limits;
    this.log = log;
    this.cursors = new Cursors(store.map);
    const keepAlive = new KeepAlive({ log: store.log, timers: world.timers, limits });
    this.feeds = new Feeds(store, limits.frameCacheBytesMax, keepAlive);
    this.reads = new ReadQueue(limits.readsInFlightMax);
    this.bodies = new ByteBudget(limits.bodiesBytesMax);
    const { feeds, reads } = this;
    this.liveReaders = new LiveReaders({ feeds, reads, timers: world.timers, limits });
    this.sessions = new Sessions(this);
    this.sessions.start();
    this.sequences = new Sequences(this);
    this.sequences.start();
    this.callAnswers = KeptAnswers.ofCalls(this);
    this.commits.add(this.feeds);
    store.log.listen(this.commits);
    this.failed = store.failed.then((error) => this.#fail(error));
  }

  get state(): BrokerState {
    return this.#state;
  }

  /** Appends that the store has not answered, and their bytes. */
  get backlog(): { readonly appends: number; readonly bytes: number } {
    return { appends: this.#appendsInFlight, bytes: this.#appendBytesInFlight };
  }

  /** @throws {PacketboatError} `stopping` or `storeFailed`, when nothing new is taken. */
  checkReady(): void {
    if (this.#state === 'stopping') throw new PacketboatError('stopping', 'The server is being stopped');
    if (this.#state === 'failed') throw new PacketboatError('storeFailed', 'The store has failed');
  }

  /** Hands an append to the store. The bytes are untouched from door to disk. */
  async append(request: AppendRequest): Promise<AppendOutcome> {
    this.checkReady();
    const bytes = request.batch.bytes.length;
    this.counters.batchesReceived += 1;
    this.counters.batchBytesReceived += bytes;
    this.#appendsInFlight += 1;
    this.#appendBytesInFlight += bytes;
    try {
      return await this.store.log.append(request);
    } finally {
      this.#appendsInFlight -= 1;
      this.#appendBytesInFlight -= bytes;
      if (this.#appendsInFlight === 0) this.#onIdle?.();
    }
  }

  /** Stops gracefully: tells every connection, finishes what is queued (at most `stopTimeoutMs`), then closes them. */
  stop(reason = 'The server is being stopped'): Promise<void> {
    this.#stopped ??= this.#stop(reason);
    return this.#stopped;
  }

  async #stop(reason: string): Promise<void> {
    if (this.#state === 'ready') this.#state = 'stopping';
    for (const connection of this.connections) connection.sayClosing('stopping', reason);
    this.liveReaders.stop();
    await this.#drained();
    for (const connection of this.connections) connection.close('stopping', reason);
    this.#rest();
  }

  #drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.world.timers.after(this.limits.stopTimeoutMs, resolve);
    this.#onIdle = () => {
      timer.cancel();
      // The receipts of the last appends leave later in this turn.
      this.world.timers.after(0, resolve);
    };
    if (this.#appendsInFlight === 0) this.#onIdle();
    return promise;
  }

  /** No timer runs any more. */
  #rest(): void {
    this.sessions.stop();
    this.sequences.stop();
    this.callAnswers.stop();
  }

  #fail(error: Error): Error {
    this.#state = 'failed';
    this.log.error({ error: error.message }, 'the store has failed: nothing is acknowledged any more');
    for (const connection of this.connections) connection.close('storeFailed', error.message);
    this.liveReaders.stop();
    this.#rest();
    return error;
  }
}
