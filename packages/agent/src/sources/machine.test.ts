import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { type MachineReadings, machineSource } from './machine.ts';
import type { SourceContext } from './source.ts';

/** Readings of one CPU that was busy and idle for so long, step by step. */
function readings(steps: readonly (readonly [busy: number, idle: number])[], free = 360): MachineReadings {
  let step = 0;
  return {
    cpus: () => {
      const [busy, idle] = steps[Math.min(step++, steps.length - 1)] ?? [0, 0];
      return [{ model: 'test', speed: 0, times: { user: busy, nice: 0, sys: 0, irq: 0, idle } }];
    },
    totalmem: () => 1_000,
    freemem: () => free,
  };
}

async function sample(source: ReturnType<typeof machineSource>, count: number): Promise<string[]> {
  const context: SourceContext = {
    world: new VirtualWorld().world,
    name: 'paul',
    mark: undefined,
    signal: new AbortController().signal,
    async *ticks() {
      for (let index = 0; index < count; index++) yield index;
    },
    problem: assert.fail,
  };
  const texts: string[] = [];
  for await (const { entries } of source.read(context)) {
    for (const entry of entries) if (entry.kind === 'values') texts.push(entry.text);
  }
  return texts;
}

test('machineSource gives the busy share since the tick before, with one decimal, from the first sample on', async () => {
  const steps = [
    [1_000, 1_000],
    [1_020, 1_980],
    [2_020, 1_980],
  ] as const;
  assert.deepEqual(await sample(machineSource(readings(steps)), 2), ['2.0 64.0', '100.0 64.0']);
});

test('machineSource repeats the last share when the system counted nothing new, at first the share since boot', async () => {
  const steps = [
    [500, 1_500],
    [500, 1_500],
    [510, 1_590],
    [510, 1_590],
  ] as const;
  assert.deepEqual(await sample(machineSource(readings(steps, 1_000)), 3), ['25.0 0.0', '10.0 0.0', '10.0 0.0']);
});

test('machineSource refuses a system that does not tell its CPU times', async () => {
  await assert.rejects(sample(machineSource({ ...readings([]), cpus: () => [] }), 1), { code: 'internal' });
});

test('machineSource reads this machine: two values in 0 … 100 (S0.4)', async () => {
  const [text = ''] = await sample(machineSource(), 1);
  assert.match(text, /^\d{1,3}\.\d \d{1,3}\.\d$/);
  for (const value of text.split(' ')) assert.ok(Number(value) >= 0 && Number(value) <= 100, text);
});
