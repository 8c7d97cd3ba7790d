import { type Log, type LogListener, PacketboatError, type Store } from '@packetboat/core';
import { type CommitFault, EngineStore, MemoryDisk, type WrittenRows } from '@packetboat/engine-sqlite/testing';
import { Life } from '../kernel/life.ts';
import type { Simulation } from '../simulation.ts';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import { observeStored } from './observe_stored.ts';

/** How often garbage is looked for, and whether a full disk has room again: as the embedded store's caretaker does. */
const tendMs = 1_000;
const restartMs = 700;
/** Who wanted a commit hears within this time that it met damage: some have to undo something first. */
const damageToldMs = 2_000;

interface Open {
  readonly store: EngineStore;
  readonly life: Life;
  readonly listeners: Set<LogListener>;
  /** Settles when the machine is gone, for the servers that used it. */
  readonly gone: PromiseWithResolvers<Error>;
  /** Ends the server of which it is a part. */
  readonly endServer: (() => void) | undefined;
  /** Whether anything happened to it that it may fail of. */
  mayFail: boolean;
}

/**
 * A disk and the engine over it. Of one server it is a part of the process; two servers share it as they would share a
 * database: it then lives and dies by itself.
 */
export class Storage {
  readonly disk: MemoryDisk;
  /** Which server let each session in last. */
  readonly letInBy = new Map<string, string>();
  readonly #simulation: Simulation;
  readonly #shared: boolean;
  #open: Open | undefined;
  #lives = 0;

  constructor(simulation: Simulation, shared: boolean) {
    this.#simulation = simulation;
    this.#shared = shared;
    this.disk = simulation.seams.disk?.() ?? new MemoryDisk();
    const { sometimes } = simulation;
    this.disk.onStored = (written) => {
      if (producersIn(written) > 1) sometimes.note('manyProducersInCommit');
      observeStored(simulation, written);
    };
    this.disk.onFault = (fault) => this.#commitFails(fault);
    this.disk.onCrash = () => {
      sometimes.note('transactionUnfinished');
      this.crash();
    };
    if (shared) this.#start();
  }

  /** The store that is open, for those who judge. */
  get store(): EngineStore | undefined {
    return this.#open?.store;
  }

  /** Whether two servers use it. */
  get shared(): boolean {
    return this.#shared;
  }

  /**
   * What a server process gets for its life; `undefined` while nothing answers.
   *
   * @param endServer Called when the machine is gone on which both of them run.
   */
  attach(life: Life, endServer: () => void): Store | undefined {
    if (!this.#shared) this.#start({ life, endServer });
    const open = this.#open;
    if (open === undefined) return undefined;
    const { store, listeners, gone } = open;
    const log = new SharedLog(store.log, listeners, () => life.alive);
    return new ForwardingStore(store, {
      log,
      shared: this.#shared,
      failed: Promise.race([store.failed, gone.promise]),
    });
  }

  /** A server process is gone: its part of the storage is too. */
  detach(life: Life): void {
    if (this.#open?.life === life) this.#end('The process is gone');
  }

  /** The machine is gone. */
  crash(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#simulation.journal.note('storage', 'crashes');
    open.mayFail = true;
    open.endServer?.();
    this.disk.powerCut();
    this.#end('The machine is gone');
    if (this.#shared) this.#simulation.timeline.after(restartMs, () => this.#start());
  }

  #commitFails(fault: CommitFault): void {
    const simulation = this.#simulation;
    const atMs = simulation.clocks.server.monotonicMs();
    simulation.observe('commitFailed', { atMs });
    if (fault === 'damaged') {
      simulation.observe('commitDamaged', { untilMs: atMs + damageToldMs });
      simulation.sometimes.note('commitDamaged');
      return;
    }
    if (fault !== 'full' && this.#open !== undefined) this.#open.mayFail = true;
    simulation.sometimes.note(fault === 'full' ? 'commitFailed' : 'commitUnknown');
  }

  #start(server?: { readonly life: Life; readonly endServer: () => void }): void {
    if (this.#open !== undefined) return;
    const { timeline, dice, clocks, options, limits } = this.#simulation;
    this.#lives += 1;
    const ownDice = dice.fork(`storage ${this.#lives}`);
    const life = server?.life ?? new Life(timeline, ownDice, clocks.server);
    this.disk.stepsUntilCrash = Infinity;
    if (this.#lives > 1) this.disk.reopened();
    const pause = () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      life.world.timers.after(ownDice.fraction() * options.commitMs, resolve);
      return promise;
    };
    const store = new EngineStore({ disk: this.disk, world: life.world, limits, pause });
    const gone = Promise.withResolvers<Error>();
    const open: Open = { store, life, listeners: new Set(), gone, endServer: server?.endServer, mayFail: false };
    this.#open = open;
    store.log.listen(fanOut(open.listeners));
    void store.failed.then((error) => this.#failed(open, error));
    this.#tendLater(open);
    if (this.#lives > 1) this.#simulation.sometimes.note('storeReopened');
    this.#simulation.observe('storeOpened', { streams: store.engine.list('', undefined, 1_000) });
  }

  #failed(open: Open, error: Error): void {
    if (!open.mayFail) this.#simulation.fail(error);
    if (this.#shared && this.#open === open) this.crash();
  }

  #end(why: string): void {
    const open = this.#open;
    this.#open = undefined;
    open?.life.end();
    open?.gone.resolve(new PacketboatError('storeFailed', why));
  }

  #tendLater(open: Open): void {
    open.life.world.timers.after(tendMs, () => {
      open.store.engine.full &&= this.disk.full;
      try {
        open.store.tend();
        this.#tendLater(open);
      } catch {
        // The store has stopped, and has told whoever uses it.
      }
    });
  }
}

/** The log as one of several servers has it: each listens for itself, as long as it lives. */
class SharedLog extends ForwardingLog {
  readonly #listeners: Set<LogListener>;
  readonly #alive: () => boolean;

  constructor(inner: Log, listeners: Set<LogListener>, alive: () => boolean) {
    super(inner);
    this.#listeners = listeners;
    this.#alive = alive;
  }

  override listen(listener: LogListener): void {
    const ifAlive =
      <Args extends unknown[]>(tell: (...args: Args) => void) =>
      (...args: Args) => {
        if (this.#alive()) tell(...args);
      };
    this.#listeners.add({
      segment: ifAlive((segment) => listener.segment(segment)),
      trimmed: ifAlive((info) => listener.trimmed(info)),
      deleted: ifAlive((stream, incarnation) => listener.deleted(stream, incarnation)),
    });
  }
}

function fanOut(listeners: ReadonlySet<LogListener>): LogListener {
  return {
    segment: (segment) => {
      for (const listener of listeners) listener.segment(segment);
    },
    trimmed: (info) => {
      for (const listener of listeners) listener.trimmed(info);
    },
    deleted: (stream, incarnation) => {
      for (const listener of listeners) listener.deleted(stream, incarnation);
    },
  };
}

function producersIn(written: WrittenRows): number {
  return written.get('producers')?.size ?? 0;
}
