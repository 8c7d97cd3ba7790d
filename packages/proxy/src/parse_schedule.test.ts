import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchedule } from './parse_schedule.ts';

test('parseSchedule reads steps', () => {
  const text =
    '[{"atMs": 3000, "forMs": 10, "fault": "delay", "direction": "up", "latencyMs": 200}, {"atMs": 0, "fault": "cut"}]';
  assert.deepEqual(parseSchedule(text), [
    { atMs: 3000, forMs: 10, direction: 'up', fault: { fault: 'delay', latencyMs: 200 } },
    { atMs: 0, fault: { fault: 'cut' } },
  ]);
});

for (const [text, message] of [
  ['{', /Bad schedule: it is not JSON/],
  ['{}', /it is not an array/],
  ['[1]', /step 1 is no object/],
  ['[{"fault": "cut"}]', /step 1: atMs is undefined/],
  ['[{"atMs": 1.5, "fault": "cut"}]', /step 1: atMs is "1\.5"/],
  ['[{"atMs": 1, "forMs": -1, "fault": "drop"}]', /step 1: forMs is "-1"/],
  ['[{"atMs": 1, "forMs": 1, "fault": "cut"}]', /step 1: a cut is over at once/],
  ['[{"atMs": 1, "fault": "drop"}, {"atMs": 1, "fault": "fire"}]', /step 2: fault .* is none of bandwidth, blackhole/],
  ['[{"atMs": 1, "fault": "__proto__"}]', /is none of/],
  ['[{"atMs": 1, "fault": "delay"}]', /step 1: latencyMs of delay is missing/],
  ['[{"atMs": 1, "fault": "delay", "latencyMs": 1, "speed": 2}]', /step 1: delay has no option "speed"/],
  ['[{"atMs": 1, "fault": "cut", "how": "gently"}]', /how of cut is .*gently.*, not fin or reset/],
  ['[{"atMs": 1, "fault": "drop", "direction": "left"}]', /direction is .*left/],
] as const) {
  test(`parseSchedule refuses ${text}`, () => {
    assert.throws(() => parseSchedule(text), message);
  });
}
