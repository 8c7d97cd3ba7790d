/** Runs the seeds that it is sent, one by one: the thread behind `run_seeds.ts`. */
import { parentPort } from 'node:worker_threads';
import { mutants } from './mutants/mutant_table.ts';
import { runPlan } from './run_plan.ts';
import type { SeedResult } from './run_seeds.ts';
import { planOf } from './swarm.ts';

/** What a worker is asked. */
export interface SeedQuestion {
  readonly seed: number;
  /** @default none */
  readonly mutant?: string | undefined;
}

parentPort?.on('message', (question: SeedQuestion) => void answer(question));

async function answer(question: SeedQuestion): Promise<void> {
  const { seed, mutant } = question;
  const seams = mutants.find(({ name }) => name === mutant)?.seams();
  parentPort?.postMessage({ ...question, ...(await runPlan(planOf(seed), seams)) } satisfies SeedResult, []);
}
