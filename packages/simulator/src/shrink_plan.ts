import type { Plan, Workload } from './plan.ts';

/** Says whether a plan still fails in the way that is looked into. */
export type StillFails = (plan: Plan) => Promise<boolean>;

/** Smallest values of what a workload has. */
const least = { servers: 1, producers: 1, readers: 0, sensors: 0, streams: 1, recordsEach: 1, samplesEach: 1, deeds: 0 };
const parts = Object.keys(least) as (keyof typeof least)[];

/**
 * Makes a failing plan smaller, step by step, as long as it fails: fewer faults, fewer machines, less work, less time.
 *
 * @param runsMax How many plans are tried. @default 300
 */
export async function shrinkPlan(plan: Plan, stillFails: StillFails, runsMax = 300): Promise<Plan> {
  let smallest = plan;
  let runs = 0;
  const takes = async (candidate: Plan): Promise<boolean> => {
    if (runs >= runsMax) return false;
    runs += 1;
    if (!(await stillFails(candidate))) return false;
    smallest = candidate;
    return true;
  };
  for (let progress = true; progress && runs < runsMax; ) {
    const before = JSON.stringify(smallest);
    await fewerFaults(() => smallest, takes);
    await lessWork(() => smallest, takes);
    while (smallest.troubleMs > 100) {
      const troubleMs = Math.ceil(smallest.troubleMs / 2);
      const schedule = smallest.schedule.filter((step) => !('atMs' in step) || step.atMs < troubleMs);
      if (!(await takes({ ...smallest, troubleMs, schedule }))) break;
    }
    progress = JSON.stringify(smallest) !== before;
  }
  return smallest;
}

/** Leaves out halves of the schedule, then smaller and smaller pieces. */
async function fewerFaults(now: () => Plan, takes: (plan: Plan) => Promise<boolean>): Promise<void> {
  for (let size = Math.ceil(now().schedule.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < now().schedule.length; ) {
      const { schedule } = now();
      const rest = [...schedule.slice(0, at), ...schedule.slice(at + size)];
      if (!(await takes({ ...now(), schedule: rest }))) at += size;
    }
  }
}

async function lessWork(now: () => Plan, takes: (plan: Plan) => Promise<boolean>): Promise<void> {
  for (const part of parts) {
    for (;;) {
      const { workload } = now();
      const value = workload[part];
      const smaller = [least[part], Math.floor(value / 2), value - 1].filter((each) => each >= least[part] && each < value);
      let taken = false;
      for (const each of new Set(smaller)) {
        taken = await takes({ ...now(), workload: { ...workload, [part]: each } as Workload });
        if (taken) break;
      }
      if (!taken) break;
    }
  }
}
