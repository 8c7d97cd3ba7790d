import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { VirtualWorld } from '@packetboat/core/testing';
import { type Fault, faultTable } from './fault_table.ts';
import { runSchedule } from './run_schedule.ts';
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
    fc.property(fc.uniqueArray(step, { selector: ({ name }) => name ?? {} }), (steps) => {
      assert.deepEqual(parse(formatSchedule(steps)), JSON.parse(JSON.stringify(steps)));
    }),
  );
});

test('parseSchedule reads a file that begins with a byte order mark', () => {
  assert.equal(parse('\uFEFF{"atMs": 1, "fault": "drop"}').length, 1);
});

for (const [what, ...lines] of [
  [
    'after its time',
    '{"atMs": 5, "forMs": 4, "fault": "drop", "name": "a"}',
    '{"atMs": 10, "fault": "drop", "name": "a"}',
  ],
  [
    'after its end, wherever that stands',
    '{"atMs": 0, "fault": "drop", "name": "a"}',
    '{"atMs": 20, "fault": "drop", "name": "a"}',
    '{"atMs": 10, "end": "a"}',
  ],
  [
    'when something may end it before',
    '{"atMs": 0, "fault": "drop", "name": "a"}',
    '{"on": "receipt", "end": "a"}',
    '{"atMs": 10, "fault": "drop", "name": "a"}',
  ],
  [
    'when something happens',
    '{"on": "receipt", "fault": "drop", "name": "a"}',
    '{"on": "welcome", "fault": "drop", "name": "a"}',
  ],
  ['that was over at once', '{"atMs": 1, "fault": "cut", "name": "a"}', '{"atMs": 2, "fault": "cut", "name": "a"}'],
]) {
  test(`parseSchedule lets a name be used again ${what}`, () => {
    assert.equal(parse(lines.join('\n')).length, lines.length);
  });
}

test('parseSchedule refuses exactly the times at which a fault begins under the name of one that acts', async () => {
  const atMs = fc.nat(8);
  const name = fc.constantFrom('a', 'b');
  const step = fc.oneof(
    fc.record({ atMs, name, forMs: fc.nat(4), fault: fc.constant({ fault: 'drop' as const }) }),
    fc.record({ atMs, name, fault: fc.constantFrom({ fault: 'drop' as const }, { fault: 'cut' as const }) }),
    fc.record({ atMs, end: name }),
  );
  const readable = fc
    .array(step, { maxLength: 6 })
    .filter((steps) =>
      steps.every(
        (one, index) => !('end' in one) || steps.slice(0, index).some((it) => 'name' in it && it.name === one.end),
      ),
    );
  await fc.assert(
    fc.asyncProperty(readable, async (steps) => {
      const virtual = new VirtualWorld();
      const acting = new Set<string>();
      let clashed = false;
      const target = {
        add({ fault }: Fault, { name: given = '' }: { readonly name?: string }) {
          clashed ||= acting.has(given);
          if (fault !== 'cut') acting.add(given);
          return { name: given };
        },
        remove: async ({ name: ended }: { readonly name: string }) => void acting.delete(ended),
        onSight: () => () => {},
      };
      const run = runSchedule<Fault>(steps, target, virtual.world.timers);
      await virtual.advance(100);
      await run.done;
      if (clashed) assert.throws(() => parse(formatSchedule(steps)), /acts already then/);
      else parse(formatSchedule(steps));
    }),
    { numRuns: 1_000 },
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
  ['{"atMs": 1.5, "fault": "cut"}', /line 1: atMs is 1\.5, not/],
  ['{"atMs": 1, "forMs": -1, "fault": "drop"}', /line 1: forMs is -1, not/],
  ['{"atMs": 1, "forMs": 1, "fault": "cut"}', /line 1: cut is over at once/],
  [`${good}\n{"atMs": 1, "fault": "fire"}`, /line 2: fault "fire" is none of bandwidth, corrupt/],
  ['{"atMs": 1, "fault": "__proto__"}', /is none of/],
  ['{"atMs": 1, "fault": "latency"}', /line 1: latencyMs of latency is missing/],
  ['{"atMs": 1, "fault": "latency", "latencyMs": 1, "speed": 2}', /line 1: latency has no option "speed"/],
  ['{"atMs": 1, "fault": "cut", "how": "gently"}', /how of cut is "gently", not fin or reset/],
  ['{"atMs": 1, "fault": "drop", "direction": "left"}', /direction is "left", not/],
  ['{"atMs": 1, "fault": "cut", "direction": "up"}', /line 1: this fault has no direction/],
  ['{"atMs": 1, "fault": "down", "connections": 1}', /acts on the whole proxy/],
  ['{"atMs": 1, "fault": "down", "toxicity": 1}', /acts on the whole proxy/],
  ['{"atMs": 1, "fault": "cut", "toxicity": 2}', /toxicity is 2, not/],
  ['{"atMs": 1, "fault": "cut", "connections": 0}', /connections is 0, not/],
  ['{"atMs": 1, "fault": "cut", "connections": [1]}', /connections is \[1\], not/],
  ['{"atMs": 1, "fault": "cut", "connections": {"first": 1}}', /"first" is neither from nor to/],
  ['{"atMs": 1, "fault": "cut", "connections": "this"}', /"this" goes with on/],
  ['{"atMs": 1, "fault": "drop", "name": ""}', /name is "", not/],
  ['{"atMs": 1, "nth": 2, "fault": "drop"}', /nth goes with on/],
  ['{"on": "reciept", "fault": "drop"}', /line 1: on "reciept" is none of connected, disconnected, welcome/],
  ['{"on": "receipt", "nth": 0, "fault": "drop"}', /nth is 0, not/],
  ['{"atMs": 1, "end": "hole"}', /line 1: no line before has the name "hole"/],
  [
    '{"atMs": 1, "fault": "drop", "name": "hole"}\n{"atMs": 2, "end": "hole", "forMs": 1}',
    /line 2: a step with end takes no "forMs"/,
  ],
  [
    '{"atMs": 5, "fault": "drop", "name": "a"}\n{"atMs": 1, "fault": "drop", "name": "a"}',
    /line 1: the fault "a" acts already then/,
  ],
  [
    '{"atMs": 0, "forMs": 9, "fault": "drop", "name": "a"}\n{"atMs": 9, "fault": "cut", "name": "a"}',
    /line 2: the fault "a" acts already then/,
  ],
  [`{"atMs": 1, "fault": "drop", "name": ${JSON.stringify(['x'.repeat(200)])}}`, /name is \["x{78}…, not/],
  [`${`${good}\n`.repeat(10_000)}${good}`, /line 10001 is over the limit of 10000 steps/],
] as const) {
  test(`parseSchedule refuses ${JSON.stringify(text.slice(0, 100))}`, () => {
    assert.throws(() => parse(text), message);
  });
}
