import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { parseSchedule } from './parse_schedule.ts';
import type { AppliedFault } from './proxy.ts';
import { runSchedule } from './run_schedule.ts';

/** Runs a schedule against a proxy that only takes notes. */
function noted(text: string, failing = false) {
  const virtual = new VirtualWorld();
  const notes: string[] = [];
  const proxy = {
    add(fault: AppliedFault['fault'], { direction = 'both' } = {}) {
      notes.push(`${virtual.now} add ${fault.fault} ${direction}`);
      return { fault, direction } as AppliedFault;
    },
    async remove({ fault }: AppliedFault) {
      notes.push(`${virtual.now} remove ${fault.fault}`);
      if (failing) throw new Error('the port is gone');
    },
  };
  return { virtual, notes, run: runSchedule(parseSchedule(text), proxy, virtual.world.timers) };
}

const text = `[{"atMs": 100, "forMs": 50, "fault": "drop", "direction": "down"}, {"atMs": 20, "fault": "cut"},
  {"atMs": 120, "fault": "blackhole"}]`;

test('runSchedule begins and ends faults at their times', async () => {
  const { virtual, notes, run } = noted(text);
  await virtual.advance(1_000);
  await run.done;
  assert.deepEqual(notes, ['20 add cut both', '100 add drop down', '120 add blackhole both', '150 remove drop']);
});

test('runSchedule ends what is active when it is stopped', async () => {
  const { virtual, notes, run } = noted(text);
  await virtual.advance(110);
  await run.stop();
  await run.done;
  await virtual.advance(1_000);
  assert.deepEqual(notes.slice(2), ['110 remove cut', '110 remove drop']);
  assert.equal(virtual.pendingTimers, 0);
});

test('runSchedule tells when a fault cannot end', async () => {
  const { virtual, run } = noted(text, true);
  await virtual.advance(1_000);
  await assert.rejects(run.done, /the port is gone/);
});
