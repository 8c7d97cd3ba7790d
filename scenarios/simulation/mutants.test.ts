import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Mutant, mutants, runSeeds } from '@packetboat/simulator';

const seedsMax = 500;

function* seeds(): Generator<number> {
  for (let seed = 1; seed <= seedsMax; seed++) yield seed;
}

/** The seed with which the mutant is caught by its own invariant. */
async function caughtBy({ name, invariant }: Mutant): Promise<number | undefined> {
  for await (const { seed, failure } of runSeeds(seeds(), { mutant: name })) {
    if (failure?.invariant === invariant) return seed;
  }
  return undefined;
}

for (const mutant of mutants) {
  test(`simulator: deliberate bug: ${mutant.name}: caught by ${mutant.invariant}`, async (context) => {
    const seed = await caughtBy(mutant);
    assert.ok(seed !== undefined, `${seedsMax} seeds did not show it`);
    context.diagnostic(`seed ${seed}`);
  });
}
