/** `npm run sim`: one seed, many seeds, or a schedule file. What it can is in `usage`. */
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { explore } from './explore.ts';
import { mutants } from './mutants/mutant_table.ts';
import type { Mutant } from './mutants/mutant.ts';
import { formatPlan, parsePlan } from './plan_file.ts';
import { runPlan, type RunResult } from './run_plan.ts';
import { planOf } from './swarm.ts';

const usage = `Usage: npm run sim -- --seed N | --minutes M | --schedule FILE

  --seed N         runs one seed: the end of its journal, its hash, and whether every invariant held
  --minutes M      runs new seeds on all cores, and makes the first that fails as small as it can;
                   with --seed they begin there
  --schedule FILE  runs a schedule, in the language of packetboat proxy; --seed says in which world, unless the file does
  --mutant NAME    with any of them: a deliberate bug
  --help           this text

Mutants: ${mutants.map(({ name }) => name).join(', ')}

Exit codes: 0 every invariant held, 1 one did not, 2 the command makes no sense.`;

const seedsMax = 2 ** 31;

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string' },
      schedule: { type: 'string' },
      mutant: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const { schedule } = values;
  if (values.help === true) return console.log(usage);
  const seed = numberOf('seed', values.seed, Number.isSafeInteger);
  const minutes = numberOf('minutes', values.minutes, Number.isFinite);
  const mutant = mutantNamed(values.mutant);
  if (minutes !== undefined) return await lookForFailures(seed ?? randomInt(seedsMax), minutes, mutant);
  if (seed === undefined && schedule === undefined) throw new Error(usage);
  const plan = schedule === undefined ? planOf(seed ?? 1) : parsePlan(readFileSync(schedule, 'utf8'), seed ?? 1);
  const result = await runPlan(plan, mutant?.seams());
  for (const line of result.tail) console.log(line);
  tell(result);
}

async function lookForFailures(from: number, minutes: number, mutant: Mutant | undefined): Promise<void> {
  console.log(`commit ${commit()}: seeds from ${from} on, for ${minutes} minutes`);
  const { runs, found } = await explore({ from, minutes, mutant, onProgress: tellProgress });
  if (found !== undefined) {
    const { result, plan, shrunk } = found;
    tell(result);
    const { invariant, message } = shrunk.failure ?? {};
    console.log('The smallest schedule found that fails so; save it, and run it with --schedule:\n');
    console.log(formatPlan(plan, `seed ${result.seed}, commit ${commit()}: ${invariant}: ${message?.split('\n')[0]}`));
  }
  console.log(`${runs} seeds were run`);
}

function tellProgress(runs: number): void {
  console.error(`${runs} seeds held`);
}

function tell({ seed, hash, failure, steps, virtualMs }: RunResult): void {
  console.log(`seed ${seed}, commit ${commit()}, ${steps} steps, ${(virtualMs / 1_000).toFixed(1)} s of virtual time`);
  console.log(`hash ${hash}`);
  console.log(failure === undefined ? 'every invariant held' : `${failure.invariant}: ${failure.message}`);
  if (failure !== undefined) process.exitCode = 1;
}

function numberOf(option: string, text: string | undefined, isFit: (value: number) => boolean): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || value < 0 || !isFit(value)) throw new Error(`--${option} is a number, not "${text}"`);
  return value;
}

function mutantNamed(name: string | undefined): Mutant | undefined {
  const mutant = mutants.find((each) => each.name === name);
  if (name !== undefined && mutant === undefined) throw new Error(`There is no mutant "${name}"\n\n${usage}`);
  return mutant;
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
