import type { BackoffOptions } from '@packetboat/client';
import { defaultLimits, type Limits } from '@packetboat/core';
import { allCheckers } from './checkers/checker_table.ts';
import { Dice } from './kernel/dice.ts';
import { Journal } from './kernel/journal.ts';
import { MachineClock } from './kernel/machine_clock.ts';
import { Timeline } from './kernel/timeline.ts';
import { Network } from './network/network.ts';
import {
  type Checker,
  type Ending,
  type EndingRecord,
  type Observation,
  type ObservationName,
  Violation,
} from './observation.ts';
import type { Seams } from './seams.ts';
import { Sometimes } from './sometimes.ts';

/** What kind of world a run has. */
export interface SimulationOptions {
  /** The longest half of a commit. */
  readonly commitMs: number;
  /** How fast the clocks of servers and clients go, and by how much the ones on the wall are off. */
  readonly serverClock: { readonly rate: number; readonly skewMs: number };
  readonly clientClock: { readonly rate: number; readonly skewMs: number };
  readonly backoff: BackoffOptions;
  readonly limits: Partial<Limits>;
}

/** One world: its time, chance, network and journal, and those who judge. */
export class Simulation {
  readonly options: SimulationOptions;
  readonly limits: Limits;
  readonly seams: Seams;
  readonly timeline = new Timeline();
  readonly dice: Dice;
  readonly journal: Journal;
  readonly network: Network;
  readonly clocks: { readonly server: MachineClock; readonly client: MachineClock };
  readonly sometimes = new Sometimes();
  /** Stream → offset → what readers got there. */
  readonly read = new Map<string, Map<number, EndingRecord>>();
  readonly #checkers: readonly Checker[];
  #failure: Error | undefined;

  constructor(seed: number, options: SimulationOptions, seams: Seams = {}) {
    const { serverClock, clientClock } = options;
    this.options = options;
    this.seams = seams;
    this.limits = { ...defaultLimits, ...options.limits };
    // A pause takes a moment, even one of no time.
    const commitMs = options.commitMs + 0.01;
    this.#checkers = allCheckers({ commitMs, leaseMs: this.limits.serverLeaseMs });
    const { timeline } = this;
    this.dice = new Dice(seed);
    this.clocks = {
      server: new MachineClock(timeline, serverClock.rate, serverClock.skewMs),
      client: new MachineClock(timeline, clientClock.rate, clientClock.skewMs),
    };
    this.journal = new Journal(() => timeline.nowMs);
    const cutInFrame = () => this.sometimes.note('cutInFrame');
    const frameDamaged = (what: Observation['frameDamaged']) => this.observe('frameDamaged', what);
    this.network = new Network({ seed, timeline, journal: this.journal, cutInFrame, frameDamaged });
  }

  /** The first thing that went wrong. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.journal.note('run', `fails: ${error.message}`);
  }

  observe<Name extends ObservationName>(name: Name, what: Observation[Name]): void {
    this.journal.note('observed', `${name} ${describe(what)}`);
    this.#judge(() => {
      for (const { listeners } of this.#checkers) listeners[name]?.(what);
    });
  }

  conclude(ending: Ending): void {
    this.#judge(() => {
      for (const checker of this.#checkers) checker.conclude?.(ending);
    });
  }

  #judge(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.fail(error);
    }
  }
}

/** Longer values tell nothing more. */
const valueLengthMax = 60;
const decoder = new TextDecoder();

function describe(what: object): string {
  return JSON.stringify(what, (key, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    const text = value instanceof Uint8Array ? decoder.decode(value) : value;
    if (typeof text === 'string') return text.slice(0, valueLengthMax);
    return key === 'mac' ? undefined : text;
  });
}
