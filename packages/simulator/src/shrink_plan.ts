import type { Plan } from './plan.ts';

/** Says whether a plan still fails in the way that is looked into. */
export type StillFails = (plan: Plan) => Promise<boolean>;

/** Smallest values of what a workload has. */
const least = {
  servers: 1,
  producers: 1,
  readers: 0,
  sensors: 0,
  sequences: 0,
  streams: 1,
  recordsEach: 1,
  samplesEach: 1,
  numbersEach: 1,
  deeds: 0,
};
const leastTroubleMs = 100;
const parts = Object.keys(least) as (keyof typeof least)[];

/**
 * Makes a failing plan smaller, step by step, as long as it fails: fewer faults, fewer machines, less work, less time.
 *
 * @param runsMax How many plans are tried. @default 300
 */
export async function shrinkPlan(plan: Plan, stillFails: StillFails, runsMax = 300): Promise<Plan> {
  const search = new Search(plan, stillFails, runsMax);
  let before: Plan;
  do {
    before = search.smallest;
    await fewerFaults(search);
    await lessWork(search);
    await lessTime(search);
  } while (search.smallest !== before);
  return search.smallest;
}

/** The smallest plan so far, and how many more may be tried. */
class Search {
  smallest: Plan;
  readonly #stillFails: StillFails;
  #runsLeft: number;

  constructor(plan: Plan, stillFails: StillFails, runsMax: number) {
    this.smallest = plan;
    this.#stillFails = stillFails;
    this.#runsLeft = runsMax;
  }

  /** Goes on with the smallest plan so changed if it still fails. */
  async takes(change: Partial<Plan>): Promise<boolean> {
    const candidate = { ...this.smallest, ...change };
    if (this.#runsLeft === 0) return false;
    this.#runsLeft -= 1;
    if (!(await this.#stillFails(candidate))) return false;
    this.smallest = candidate;
    return true;
  }
}

/** Leaves out halves of the schedule, then smaller and smaller pieces. */
async function fewerFaults(search: Search): Promise<void> {
  for (let size = Math.ceil(search.smallest.schedule.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < search.smallest.schedule.length; ) {
      const { schedule } = search.smallest;
      if (!(await search.takes({ schedule: schedule.toSpliced(at, size) }))) at += size;
    }
  }
}

async function lessWork(search: Search): Promise<void> {
  for (const part of parts) while (await lessOf(search, part));
}

/** @returns whether there is less of `part` now. */
async function lessOf(search: Search, part: keyof typeof least): Promise<boolean> {
  const { workload } = search.smallest;
  const value = workload[part];
  for (const smaller of new Set([least[part], Math.ceil(value / 2), value - 1])) {
    if (smaller < value && smaller >= least[part]) {
      if (await search.takes({ workload: { ...workload, [part]: smaller } })) return true;
    }
  }
  return false;
}

async function lessTime(search: Search): Promise<void> {
  for (let shorter = true; shorter && search.smallest.troubleMs > leastTroubleMs; ) {
    const troubleMs = Math.ceil(search.smallest.troubleMs / 2);
    const schedule = search.smallest.schedule.filter((step) => !('atMs' in step) || step.atMs < troubleMs);
    shorter = await search.takes({ troubleMs, schedule });
  }
}
