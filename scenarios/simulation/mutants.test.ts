import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { mutants, runSeeds, type SeedQuestion } from '@packetboat/simulator';

const seedsMax = 500;
/** The seed with which a mutant was caught by its own invariant, by its name. */
const caughtBy = new Map<string, number>();

/** Seeds with one mutant until that is caught, then with the next. */
function* questions(): Generator<SeedQuestion> {
  for (const { name } of mutants) {
    for (let seed = 1; seed <= seedsMax && !caughtBy.has(name); seed++) yield { seed, mutant: name };
  }
}

before(async () => {
  const invariantOf = new Map(mutants.map(({ name, invariant }) => [name, invariant]));
  for await (const { seed, mutant = '', failure } of runSeeds(questions())) {
    if (failure?.invariant === invariantOf.get(mutant)) caughtBy.set(mutant, seed);
  }
});

for (const { name, invariant } of mutants) {
  test(`simulator: deliberate bug: ${name}: caught by ${invariant}`, (context) => {
    const seed = caughtBy.get(name);
    assert.ok(seed !== undefined, `${seedsMax} seeds did not show it`);
    context.diagnostic(`seed ${seed}`);
  });
}
