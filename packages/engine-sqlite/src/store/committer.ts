import { PacketboatError } from '@packetboat/core';
import type { Change, CommitReport, StoreEvent } from './changes.ts';
import type { Engine, EngineOutcome } from './engine.ts';
import { oneByOne } from './one_by_one.ts';
import type { Moment } from './store_clock.ts';

/** What happens around a commit. */
export interface CommitterHooks {
  /** The disk is full: makes what room there is. Appends are refused from now on. */
  enterFull(): void;
  /** A commit was stored; nobody knows of it yet. */
  stored(report: CommitReport): void;
}

/** What a piece of tending came to. */
export interface Tended {
  /** There was something to do, and there may be more. */
  readonly more: boolean;
  /** What listeners are told of it: what retention took away. */
  readonly events: readonly StoreEvent[];
  /** Damage that was met, in sentences. */
  readonly damage: readonly string[];
}

/** Commits changes whatever the disk says: what a full disk, a damaged page or a failed sync means for them. */
export class Committer {
  readonly #engine: Engine;
  readonly #hooks: CommitterHooks;

  constructor(engine: Engine, hooks: CommitterHooks) {
    this.#engine = engine;
    this.#hooks = hooks;
  }

  /**
   * Every change gets its result: on a full disk, what takes no room is tried once more; where a page is damaged,
   * each change is tried alone.
   *
   * @throws {PacketboatError} `storeFailed` when nobody can say what is stored: nothing may be acknowledged any more (P8).
   */
  commit(changes: readonly Change[], now: Moment): CommitReport {
    let outcome = this.settle(this.#engine.commit(changes, now));
    if (outcome.kind === 'failed' && isDiskFull(outcome.cause) && !this.#engine.full) {
      this.enterFull();
      outcome = this.settle(this.#engine.commit(changes, now));
    }
    if (outcome.kind === 'ok') return outcome.report;
    const { cause } = outcome;
    if (!isDiskFull(cause) && changes.length > 1) return oneByOne(changes, (alone) => this.commit(alone, now));
    const results = changes.map(() => cause);
    return { results, events: [], proofs: [], changed: [], damage: [], revision: 0 };
  }

  /** Does a bounded piece of what can wait. @throws {PacketboatError} `storeFailed` */
  tend(now: Moment): Tended {
    const outcome = this.settle(this.#engine.tend(now));
    if (outcome.kind !== 'ok') return { more: false, events: [], damage: [] };
    const { events, damage } = outcome.report;
    return { more: outcome.stored, events, damage };
  }

  /** Keeps the store's own clock at the end of a run. @throws {PacketboatError} `storeFailed` */
  keepClock(now: Moment): void {
    this.settle(this.#engine.keepClock(now));
  }

  enterFull(): void {
    this.#engine.full = true;
    this.#hooks.enterFull();
  }

  settle(outcome: EngineOutcome): Settled {
    if (outcome.kind === 'unknown') {
      throw new PacketboatError('storeFailed', outcome.cause.message, { cause: outcome.cause });
    }
    if (outcome.kind === 'ok' && outcome.stored) this.#hooks.stored(outcome.report);
    return outcome;
  }
}

type Settled = Exclude<EngineOutcome, { kind: 'unknown' }>;

function isDiskFull(cause: PacketboatError): boolean {
  return cause.code === 'diskFull';
}
