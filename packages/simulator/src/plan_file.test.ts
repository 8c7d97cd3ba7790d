import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultTable, parseSchedule } from '@packetboat/proxy';
import { formatPlan, parsePlan } from './plan_file.ts';
import { planOf } from './swarm.ts';

test('parsePlan reads what formatPlan writes', () => {
  for (let seed = 1; seed < 50; seed++)
    assert.deepEqual(parsePlan(formatPlan(planOf(seed), 'a remark'), 0), planOf(seed));
});

test('formatPlan writes a schedule that the proxy takes too when its faults are those of links', () => {
  const plan = planOf(1);
  const cut = { atMs: 5, connections: 1, fault: { fault: 'cut' } } as const;
  assert.deepEqual(parseSchedule(formatPlan({ ...plan, schedule: [cut] }, 'a remark'), faultTable), [cut]);
});

test('parsePlan gives a schedule without a plan the world of the seed', () => {
  const { schedule, ...world } = parsePlan('{"atMs": 5, "fault": "crash", "what": "server", "number": 0}', 3);
  const { schedule: _schedule, ...drawn } = planOf(3);
  assert.deepEqual(world, drawn);
  assert.equal(schedule.length, 1);
});

test('parsePlan refuses what is no fault, and a plan that is no JSON', () => {
  assert.throws(() => parsePlan('{"atMs": 5, "fault": "flood"}', 1), { code: 'badFault' });
  assert.throws(() => parsePlan('# plan {', 1), { code: 'badRequest' });
});
