import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from './plan.ts';
import { shrinkPlan } from './shrink_plan.ts';
import { planOf } from './swarm.ts';

/** A plan with many faults, one of which matters. */
function planWith(faults: number): Plan {
  const schedule = Array.from({ length: faults }, (_, atMs) => ({ atMs, fault: { fault: 'cut' } as const }));
  return { ...planOf(1), troubleMs: 60_000, schedule };
}

test('shrinkPlan leaves the faults, machines and time that the failure needs', async () => {
  const small = await shrinkPlan(planWith(40), async ({ schedule, workload }) => {
    const at = (atMs: number) => schedule.some((step) => 'atMs' in step && step.atMs === atMs);
    return at(7) && at(30) && workload.producers > 0;
  });
  assert.deepEqual(
    small.schedule.map((step) => 'atMs' in step && step.atMs),
    [7, 30],
  );
  const { producers, readers, sensors, streams, deeds } = small.workload;
  assert.deepEqual(
    { producers, readers, sensors, streams, deeds },
    { producers: 1, readers: 0, sensors: 0, streams: 1, deeds: 0 },
  );
  assert.ok(small.troubleMs <= 100);
});

test('shrinkPlan gives back the plan when nothing smaller fails, and tries no more than it may', async () => {
  const plan = planWith(4);
  let runs = 0;
  const never = async () => {
    runs += 1;
    return false;
  };
  assert.equal(await shrinkPlan(plan, never, 5), plan);
  assert.equal(runs, 5);
});
