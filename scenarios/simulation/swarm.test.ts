import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { rareThings, type RunResult, runSeeds, type SeedQuestion } from '@packetboat/simulator';

const fixedSeeds = 900;
/** Seeds of one test: it ends soon enough to be watched. */
const seedsEach = 300;
/** New seeds at most, and how long they may take: a slow machine tries fewer. */
const newSeeds = 1_100;
const newSeedsS = 60;

const seen = new Set<string>();

function* from(first: number, count: number, untilS = Infinity): Generator<SeedQuestion> {
  for (let seed = first; seed < first + count && process.uptime() < untilS; seed++) yield { seed };
}

function assertHeld({ seed, failure }: RunResult): void {
  if (failure === undefined) return;
  assert.fail(`${failure.invariant} does not hold: ${failure.message}\nReplay: npm run sim -- --seed ${seed}`);
}

for (let first = 1; first <= fixedSeeds; first += seedsEach) {
  test(`simulator: known seeds from ${first} on: every invariant holds [I1] [I2] [I3] [I4] [I5] [I6] [I7] [I9] [I10] [I11] [I12] [P1] [P2] [P3] [P4] [P5] [P6] [A2.8]`, async () => {
    for await (const result of runSeeds(from(first, seedsEach))) {
      assertHeld(result);
      for (const thing of result.sometimes.keys()) seen.add(thing);
    }
  });
}

test('simulator: known seeds: every rare thing has happened', () => {
  assert.deepEqual(
    rareThings.filter((thing) => !seen.has(thing)),
    [],
  );
});

test('simulator: new seeds: every invariant holds', async (context) => {
  const first = randomInt(2 ** 31);
  let runs = 0;
  for await (const result of runSeeds(from(first, newSeeds, process.uptime() + newSeedsS))) {
    assertHeld(result);
    runs += 1;
  }
  context.diagnostic(`${runs} seeds from ${first} on`);
  assert.ok(runs > 0);
});
