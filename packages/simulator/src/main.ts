/**
 * `npm run sim -- …`:
 *
 * - `--seed N` runs one seed, and prints the hash of all that happened: the same, whenever it is run;
 * - `--minutes M` tries new seeds on all cores, and makes the first one that fails as small as it can;
 * - `--schedule FILE` runs a schedule, in the language of `packetboat proxy`; `--seed` says in which world;
 * - `--mutant NAME` beside any of them runs with a deliberate bug.
 */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { mutants } from './mutants/mutant_table.ts';
import type { Plan } from './plan.ts';
import { formatPlan, parsePlan } from './plan_file.ts';
import { runPlan, type RunResult } from './run_plan.ts';
import { runSeeds } from './run_seeds.ts';
import type { SeedQuestion } from './run_seeds_worker.ts';
import { shrinkPlan } from './shrink_plan.ts';
import { planOf } from './swarm.ts';

const seedMax = 2 ** 31;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string' },
    schedule: { type: 'string' },
    mutant: { type: 'string' },
  },
});
const mutant = mutants.find(({ name }) => name === values.mutant);
if (values.mutant !== undefined && mutant === undefined) {
  fail(`There is no mutant ${values.mutant}; there are ${mutants.map(({ name }) => name).join(', ')}`);
} else if (values.minutes !== undefined) {
  await explore(Number(values.minutes));
} else if (values.seed !== undefined || values.schedule !== undefined) {
  const seed = Number(values.seed ?? 1);
  const plan = values.schedule === undefined ? planOf(seed) : parsePlan(readFileSync(values.schedule, 'utf8'), seed);
  const result = await run(plan);
  for (const line of result.tail) print(line);
  tell(result);
} else {
  fail('Say --seed N, --minutes M or --schedule FILE');
}

function run(plan: Plan): Promise<RunResult> {
  return runPlan(plan, mutant?.seams());
}

async function explore(minutes: number): Promise<void> {
  const from = values.seed === undefined ? randomInt(seedMax) : Number(values.seed);
  print(`commit ${commit()}: seeds from ${from} on, for ${minutes} minutes`);
  const endS = process.uptime() + minutes * 60;
  function* seeds(): Generator<SeedQuestion> {
    for (let seed = from; process.uptime() < endS; seed++) yield { seed, mutant: mutant?.name };
  }
  let runs = 0;
  for await (const result of runSeeds(seeds())) {
    runs += 1;
    if (result.failure === undefined) continue;
    tell(result);
    await shrink(result.seed, result.failure.invariant);
    break;
  }
  print(`${runs} seeds were run`);
}

/** Prints the smallest schedule that fails by the same invariant. */
async function shrink(seed: number, invariant: string): Promise<void> {
  const plan = await shrinkPlan(planOf(seed), async (candidate) => {
    return (await run(candidate)).failure?.invariant === invariant;
  });
  const { failure } = await run(plan);
  print(
    formatPlan(plan, `seed ${seed}, commit ${commit()}: ${failure?.invariant}: ${failure?.message.split('\n')[0]}`),
  );
}

function tell({ seed, hash, failure, steps, virtualMs }: RunResult): void {
  print(`seed ${seed}, commit ${commit()}, ${steps} steps, ${(virtualMs / 1_000).toFixed(1)} s of virtual time`);
  print(`hash ${hash}`);
  if (failure === undefined) print('every invariant held');
  else fail(`${failure.invariant}: ${failure.message}`);
}

/** A run is repeated by the same seed and the same code. */
function commit(): string {
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
  } catch {
    return 'unknown';
  }
}

function git(...words: readonly string[]): string {
  return execFileSync('git', words, { encoding: 'utf8', stdio: 'pipe' }).trim();
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(why: string): void {
  print(why);
  process.exitCode = 1;
}
