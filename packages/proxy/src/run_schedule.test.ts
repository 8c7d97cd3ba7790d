import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import type { FaultPlace } from './applied_fault.ts';
import { type Fault, faultTable } from './fault_table.ts';
import { parseSchedule } from './parse_schedule.ts';
import { runSchedule } from './run_schedule.ts';
import type { Sight } from './watcher.ts';

/** Runs a schedule against a network that only takes notes. */
function noted(text: string, failing = false) {
  const virtual = new VirtualWorld();
  const notes: string[] = [];
  const listeners = new Set<(sight: Sight) => void>();
  const target = {
    add(fault: Fault, { name = fault.fault, direction, connections }: FaultPlace & { name?: string }) {
      const where = [direction, connections === undefined ? undefined : JSON.stringify(connections)];
      notes.push([virtual.now, 'add', name, ...where.filter((said) => said !== undefined)].join(' '));
      return { name };
    },
    async remove({ name }: { readonly name: string }) {
      notes.push(`${virtual.now} remove ${name}`);
      if (failing) throw new Error('the port is gone');
    },
    onSight(listener: (sight: Sight) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const run = runSchedule<Fault>(parseSchedule(text, faultTable), target, virtual.world.timers, (trigger) =>
    notes.push(`${trigger.on} ${trigger.nth} on ${trigger.connection}`),
  );
  const see = (what: string, connection = 1) => {
    for (const listener of listeners) listener({ what, connection });
  };
  return { virtual, notes, run, see, listeners };
}

const text = `{"atMs": 100, "forMs": 50, "fault": "drop", "direction": "down"}
{"atMs": 20, "fault": "cut"}
{"atMs": 120, "fault": "timeout", "name": "hole"}
{"atMs": 200, "end": "hole"}`;

test('runSchedule begins and ends faults at their times', async () => {
  const { virtual, notes, run } = noted(text);
  await virtual.advance(1_000);
  await run.done;
  assert.deepEqual(notes, ['20 add cut', '100 add drop down', '120 add hole', '150 remove drop', '200 remove hole']);
});

test('runSchedule ends no later fault of the same name when the time of an earlier one is over', async () => {
  const { virtual, notes, run } = noted(`{"atMs": 0, "forMs": 10, "fault": "drop", "name": "a"}
{"atMs": 5, "end": "a"}
{"atMs": 7, "forMs": 10, "fault": "drop", "name": "a"}`);
  await virtual.advance(1_000);
  await run.done;
  assert.deepEqual(notes, ['0 add a', '5 remove a', '7 add a', '17 remove a']);
});

test('runSchedule begins faults when what they wait for is about to happen, on the connection where it does', async () => {
  const { virtual, notes, run, see, listeners } =
    noted(`{"on": "receipt", "nth": 2, "fault": "cut", "connections": "this"}
{"on": "receipt", "connections": 7, "fault": "drop", "forMs": 10}
{"on": "connected", "fault": "timeout", "name": "hole"}
{"on": "welcome", "end": "hole"}`);
  see('connected', 1);
  see('receipt', 5);
  see('receipt', 6);
  see('receipt', 7);
  see('receipt', 7);
  see('welcome', 8);
  see('welcome', 8);
  assert.equal(listeners.size, 0);
  await virtual.advance(10);
  await run.done;
  assert.deepEqual(notes, [
    'connected 1 on 1',
    '0 add hole',
    'receipt 2 on 6',
    '0 add cut 6',
    'receipt 1 on 7',
    '0 add drop 7',
    'welcome 1 on 8',
    '0 remove hole',
    '10 remove drop',
  ]);
});

test('runSchedule ends what is active when it is stopped, and listens no more', async () => {
  const { virtual, notes, run, see, listeners } = noted(`${text}\n{"on": "receipt", "fault": "drop"}`);
  await virtual.advance(110);
  await run.stop();
  await run.done;
  assert.equal(listeners.size, 0);
  see('receipt');
  await virtual.advance(1_000);
  assert.deepEqual(notes.slice(2), ['110 remove cut', '110 remove drop']);
  assert.equal(virtual.pendingTimers, 0);
});

test('runSchedule tells when a fault cannot end', async () => {
  const { virtual, run } = noted(text, true);
  await virtual.advance(1_000);
  await assert.rejects(run.done, /the port is gone/);
});

test('runSchedule is done at once when there is nothing to do', async () => {
  await noted('').run.done;
});
