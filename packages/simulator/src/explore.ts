import { runPlan, type RunResult } from './run_plan.ts';
import { runSeeds } from './run_seeds.ts';
import type { SeedQuestion } from './run_seeds_worker.ts';
import type { Mutant } from './mutants/mutant.ts';
import type { Plan } from './plan.ts';
import { shrinkPlan } from './shrink_plan.ts';
import { planOf } from './swarm.ts';

/** Options of {@linkcode explore}. */
export interface ExploreOptions {
  /** The first seed; the others follow it. */
  readonly from: number;
  readonly minutes: number;
  /** A deliberate bug to run with. @default none */
  readonly mutant?: Mutant | undefined;
  /** Told from time to time how many seeds were run. */
  readonly onProgress: (runs: number) => void;
}

/** What was found. */
export interface Exploration {
  /** Seeds that were run. */
  readonly runs: number;
  /** The first run that failed, and the smallest plan that fails by the same invariant. */
  readonly found: { readonly result: RunResult; readonly plan: Plan; readonly shrunk: RunResult } | undefined;
}

const progressS = 10;

/** Runs seed after seed on all cores, until the time is over or one fails; makes that one as small as it can. */
export async function explore({ from, minutes, mutant, onProgress }: ExploreOptions): Promise<Exploration> {
  const endS = process.uptime() + minutes * 60;
  function* seeds(): Generator<SeedQuestion> {
    for (let seed = from; process.uptime() < endS; seed++) yield { seed, mutant: mutant?.name };
  }
  let runs = 0;
  let toldS = process.uptime();
  for await (const result of runSeeds(seeds())) {
    runs += 1;
    if (result.failure !== undefined) return { runs, found: await shrunk(result, mutant) };
    if (process.uptime() - toldS < progressS) continue;
    toldS = process.uptime();
    onProgress(runs);
  }
  return { runs, found: undefined };
}

async function shrunk(result: RunResult, mutant: Mutant | undefined): Promise<Exploration['found']> {
  const run = (plan: Plan) => runPlan(plan, mutant?.seams());
  const plan = await shrinkPlan(planOf(result.seed), async (candidate) => {
    return (await run(candidate)).failure?.invariant === result.failure?.invariant;
  });
  return { result, plan, shrunk: await run(plan) };
}
