import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutants, runSeeds, type SeedQuestion } from '@packetboat/simulator';

const seedsMax = 500;
/** Of each mutant: the seed with which it was caught by its own invariant, if it was. */
const verdicts = new Map(mutants.map(({ name }) => [name, Promise.withResolvers<number | undefined>()]));
const caught = new Set<string>();

/** Seeds with one mutant until that is caught, then with the next. */
function* questions(): Generator<SeedQuestion> {
  for (const { name } of mutants) {
    for (let seed = 1; seed <= seedsMax && !caught.has(name); seed++) yield { seed, mutant: name };
  }
}

/** One run over all of them, so that the threads are started once. */
async function hunt(): Promise<void> {
  const invariantOf = new Map(mutants.map(({ name, invariant }) => [name, invariant]));
  for await (const { seed, mutant = '', failure } of runSeeds(questions())) {
    if (failure?.invariant !== invariantOf.get(mutant)) continue;
    caught.add(mutant);
    verdicts.get(mutant)?.resolve(seed);
  }
  for (const verdict of verdicts.values()) verdict.resolve(undefined);
}

const hunted = hunt();

for (const { name, invariant } of mutants) {
  test(`simulator: deliberate bug: ${name}: caught by ${invariant}`, async (context) => {
    const seed = await Promise.race([verdicts.get(name)?.promise, hunted.then(() => undefined)]);
    assert.ok(seed !== undefined, `${seedsMax} seeds did not show it`);
    context.diagnostic(`seed ${seed}`);
  });
}
