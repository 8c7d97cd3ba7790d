import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { faultTable } from './fault_table.ts';
import { formatSchedule } from './format_schedule.ts';
import { parseSchedule, type ScheduleStep } from './parse_schedule.ts';

const parse = (text: string): ScheduleStep[] => parseSchedule(text, faultTable);

test('parseSchedule reads one step a line, and lets remarks stand between them', () => {
  const text = `# a bad day
{"atMs": 3000, "forMs": 10, "fault": "latency", "direction": "up", "latencyMs": 200, "name": "slow"}

{"on": "receipt", "nth": 3, "fault": "cut", "connections": "this"}
  {"atMs": 0, "fault": "drop", "connections": {"from": 2}, "toxicity": 0.5}\r
{"on": "connected", "end": "slow"}`;
  assert.deepEqual(parse(text), [
    { atMs: 3000, forMs: 10, direction: 'up', name: 'slow', fault: { fault: 'latency', latencyMs: 200 } },
    { on: 'receipt', nth: 3, connections: 'this', fault: { fault: 'cut' } },
    { atMs: 0, connections: { from: 2 }, toxicity: 0.5, fault: { fault: 'drop' } },
    { on: 'connected', end: 'slow' },
  ]);
  assert.deepEqual(parse(''), []);
});

test('parseSchedule reads the example of docs/proxy.md', async () => {
  const page = await readFile(new URL('../../../docs/proxy.md', import.meta.url), 'utf8');
  const [, example = ''] = /```jsonl\n(.*?)```/s.exec(page) ?? [];
  assert.equal(parse(example).length, 5);
});

test('formatSchedule writes what parseSchedule reads', () => {
  const when = fc.oneof(
    fc.record({ atMs: fc.nat() }),
    fc.record({ on: fc.constantFrom('receipt', 'connected', 'segment'), nth: fc.integer({ min: 1, max: 9 }) }),
  );
  const place = fc.record(
    {
      forMs: fc.nat(),
      direction: fc.constantFrom('up' as const, 'down' as const, 'both' as const),
      connections: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.record({ from: fc.integer({ min: 1, max: 9 }) })),
      toxicity: fc.double({ min: 0, max: 1, noNaN: true }).map((toxicity) => toxicity + 0),
      name: fc.string({ minLength: 1, maxLength: 128 }),
    },
    { requiredKeys: [] },
  );
  const fault = fc.constantFrom(
    { fault: 'latency' as const, latencyMs: 9 },
    { fault: 'timeout' as const },
    { fault: 'limit_data' as const, bytes: 3, how: 'reset' as const },
  );
  const step = fc.tuple(when, place, fault).map(([at, where, what]) => ({ ...at, ...where, fault: what }));
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      assert.deepEqual(parse(formatSchedule(steps)), JSON.parse(JSON.stringify(steps)));
    }),
  );
});

const good = '{"atMs": 1, "fault": "drop"}';
for (const [text, message] of [
  ['{', /Bad schedule: line 1 is not JSON: /],
  [`\n# remark\n${good}\n{]`, /Bad schedule: line 4 is not JSON: [^()]+$/],
  ['[]', /line 1 is not a JSON object/],
  ['null', /line 1 is not a JSON object/],
  ['{"fault": "cut"}', /line 1: say either atMs or on/],
  ['{"atMs": 1, "on": "receipt", "fault": "cut"}', /line 1: say either atMs or on/],
  ['{"atMs": 1.5, "fault": "cut"}', /line 1: atMs is "1\.5"/],
  ['{"atMs": 1, "forMs": -1, "fault": "drop"}', /line 1: forMs is "-1"/],
  ['{"atMs": 1, "forMs": 1, "fault": "cut"}', /line 1: cut is over at once/],
  [`${good}\n{"atMs": 1, "fault": "fire"}`, /line 2: fault .*fire.* is none of bandwidth, corrupt/],
  ['{"atMs": 1, "fault": "__proto__"}', /is none of/],
  ['{"atMs": 1, "fault": "latency"}', /line 1: latencyMs of latency is missing/],
  ['{"atMs": 1, "fault": "latency", "latencyMs": 1, "speed": 2}', /line 1: latency has no option "speed"/],
  ['{"atMs": 1, "fault": "cut", "how": "gently"}', /how of cut is .*gently.*, not fin or reset/],
  ['{"atMs": 1, "fault": "drop", "direction": "left"}', /direction is .*left/],
  ['{"atMs": 1, "fault": "cut", "direction": "up"}', /line 1: this fault has no direction/],
  ['{"atMs": 1, "fault": "down", "connections": 1}', /acts on the whole proxy/],
  ['{"atMs": 1, "fault": "down", "toxicity": 1}', /acts on the whole proxy/],
  ['{"atMs": 1, "fault": "cut", "toxicity": 2}', /toxicity is "2"/],
  ['{"atMs": 1, "fault": "cut", "connections": 0}', /connections is "0"/],
  ['{"atMs": 1, "fault": "cut", "connections": [1]}', /connections is "\[1\]"/],
  ['{"atMs": 1, "fault": "cut", "connections": {"first": 1}}', /"first" is neither from nor to/],
  ['{"atMs": 1, "fault": "cut", "connections": "this"}', /"this" goes with on/],
  ['{"atMs": 1, "fault": "drop", "name": ""}', /name is/],
  ['{"atMs": 1, "nth": 2, "fault": "drop"}', /nth goes with on/],
  ['{"on": "reciept", "fault": "drop"}', /line 1: on .*reciept.* is none of connected, disconnected, welcome/],
  ['{"on": "receipt", "nth": 0, "fault": "drop"}', /nth is "0"/],
  ['{"atMs": 1, "end": "hole"}', /line 1: no line before has the name .*hole/],
  [
    '{"atMs": 1, "fault": "drop", "name": "hole"}\n{"atMs": 2, "end": "hole", "forMs": 1}',
    /line 2: a step with end takes no "forMs"/,
  ],
  [`${`${good}\n`.repeat(10_000)}${good}`, /line 10001 is over the limit of 10000 steps/],
] as const) {
  test(`parseSchedule refuses ${JSON.stringify(text.slice(0, 100))}`, () => {
    assert.throws(() => parse(text), message);
  });
}
