import type { Timer, Timers } from '@packetboat/core';
import { type FaultPlace, isAmong } from './applied_fault.ts';
import type { ScheduleStep } from './parse_schedule.ts';
import type { Sight } from './watcher.ts';

/** What a schedule acts on: a proxy, or the network of a simulator. */
export interface ScheduleTarget<F> {
  add(fault: F, options: FaultPlace & { readonly name?: string }): { readonly name: string };
  remove(applied: { readonly name: string }): Promise<void>;
  /** Tells what is about to happen. Returns what ends it. */
  onSight(listener: (sight: Sight) => void): () => void;
}

/** Something happened that a step waited for. */
export interface Trigger {
  readonly on: string;
  readonly nth: number;
  readonly connection: number;
}

/** A schedule that runs. */
export interface ScheduleRun {
  /**
   * Settles when each step was done and each that lasts for a time has ended, or after `stop`. Rejects when one cannot
   * begin or end; the others are done all the same.
   */
  readonly done: Promise<void>;
  /** Does no more steps and ends the faults of those that were done. */
  stop(): Promise<void>;
}

/** Begins and ends faults at the times of the schedule, and when what it waits for is about to happen. */
export function runSchedule<F>(
  schedule: readonly ScheduleStep<F>[],
  target: ScheduleTarget<F>,
  timers: Timers,
  onTrigger: (trigger: Trigger) => void = () => {},
): ScheduleRun {
  const run = new Run(target, timers, onTrigger);
  run.start(schedule);
  return run;
}

type BeginStep<F> = Exclude<ScheduleStep<F>, { readonly end: string }>;

class Run<F> implements ScheduleRun {
  readonly #target: ScheduleTarget<F>;
  readonly #timers: Timers;
  readonly #onTrigger: (trigger: Trigger) => void;
  readonly #done = Promise.withResolvers<void>();
  readonly #pending = new Set<Timer>();
  /** The faults of this schedule that act, by their names. */
  readonly #begun = new Map<string, object>();
  /** Steps that wait for something, and how often it has still to happen. */
  readonly #waiting = new Map<ScheduleStep<F>, number>();
  #unlisten: (() => void) | undefined;
  /** Faults whose end is awaited. */
  #ending = 0;

  constructor(target: ScheduleTarget<F>, timers: Timers, onTrigger: (trigger: Trigger) => void) {
    this.#target = target;
    this.#timers = timers;
    this.#onTrigger = onTrigger;
    // Whoever does not wait for the end does not want to hear of its failure either.
    this.#done.promise.catch(() => {});
  }

  get done(): Promise<void> {
    return this.#done.promise;
  }

  start(schedule: readonly ScheduleStep<F>[]): void {
    for (const step of schedule) {
      if ('atMs' in step) this.#after(step.atMs, () => this.#perform(step));
      else this.#waiting.set(step, step.nth ?? 1);
    }
    if (this.#waiting.size > 0) this.#unlisten = this.#target.onSight((sight) => this.#seen(sight));
    this.#settle();
  }

  async stop(): Promise<void> {
    for (const timer of this.#pending) timer.cancel();
    this.#pending.clear();
    this.#waiting.clear();
    this.#unlisten?.();
    await Promise.all([...this.#begun.keys()].map((name) => this.#target.remove({ name })));
    this.#begun.clear();
    this.#done.resolve();
  }

  #after(delayMs: number, act: () => void): void {
    const timer = this.#timers.after(delayMs, () => {
      this.#pending.delete(timer);
      act();
      this.#settle();
    });
    this.#pending.add(timer);
  }

  #seen({ what, connection }: Sight): void {
    for (const [step, left] of this.#waiting) {
      if (!('on' in step) || step.on !== what || !isAmong(connection, connectionsOf(step))) continue;
      this.#waiting.set(step, left - 1);
      if (left > 1) continue;
      this.#waiting.delete(step);
      this.#onTrigger({ on: what, nth: step.nth ?? 1, connection });
      this.#perform(step, connection);
    }
    if (this.#waiting.size === 0) this.#unlisten?.();
    this.#settle();
  }

  /** @param connection The one on which it happened. */
  #perform(step: ScheduleStep<F>, connection?: number): void {
    try {
      if ('end' in step) this.#end(step.end);
      else this.#begin(step, connection);
    } catch (error) {
      this.#done.reject(error);
    }
  }

  #begin(step: BeginStep<F>, connection: number | undefined): void {
    const { fault, forMs, name, direction, toxicity, connections } = step;
    const place = connections === 'this' ? connection : connections;
    const applied = this.#target.add(fault, {
      ...(name !== undefined && { name }),
      ...(direction !== undefined && { direction }),
      ...(toxicity !== undefined && { toxicity }),
      ...(place !== undefined && { connections: place }),
    });
    this.#begun.set(applied.name, applied);
    if (forMs === undefined) return;
    this.#after(forMs, () => {
      // It may be over already, and its name another's.
      if (this.#begun.get(applied.name) === applied) this.#end(applied.name);
    });
  }

  #end(name: string): void {
    this.#begun.delete(name);
    this.#ending += 1;
    this.#target.remove({ name }).then(
      () => {
        this.#ending -= 1;
        this.#settle();
      },
      (error: unknown) => this.#done.reject(error),
    );
  }

  #settle(): void {
    if (this.#pending.size === 0 && this.#waiting.size === 0 && this.#ending === 0) this.#done.resolve();
  }
}

function connectionsOf(step: ScheduleStep<unknown>): FaultPlace['connections'] {
  return 'end' in step || step.connections === 'this' ? undefined : step.connections;
}
