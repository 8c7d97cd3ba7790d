import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runPlan } from './run_plan.ts';
import { runSeeds } from './run_seeds.ts';
import { planOf } from './swarm.ts';

const seeds = [1, 2, 3, 11, 26, 73];

test('runPlan is the same run for the same seed, step by step', async () => {
  for (const seed of seeds) {
    const [first, second] = [await runPlan(planOf(seed)), await runPlan(planOf(seed))];
    assert.equal(first.hash, second.hash, `seed ${seed}`);
    assert.equal(first.steps, second.steps);
    assert.equal(first.failure, undefined);
  }
});

test('runSeeds gives the same runs in threads, in whatever order', async () => {
  const hashes = new Map<number, string>();
  const questions = seeds.map((seed) => ({ seed }));
  for await (const { seed, hash } of runSeeds(questions, 2)) hashes.set(seed, hash);
  for (const seed of seeds) assert.equal(hashes.get(seed), (await runPlan(planOf(seed))).hash);
});

test('planOf survives JSON: a plan can be kept and sent', () => {
  for (const seed of seeds) assert.deepEqual(JSON.parse(JSON.stringify(planOf(seed))), planOf(seed));
});
