import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actsOn, type Connections } from './applied_fault.ts';

const fault = { fault: 'drop' } as const;

/** Which of four connections are meant. */
const acts = (connections: Connections): number[] =>
  [1, 2, 3, 4].filter((connection) => actsOn({ name: 'x', fault, connections }, connection, 7));

/** Whether each of 1,000 connections is hit. */
const hit = (toxicity: number, seed: number, name = 'x'): boolean[] =>
  Array.from({ length: 1_000 }, (_, connection) => actsOn({ name, fault, toxicity }, connection + 1, seed));

test('actsOn keeps to the connections that were named', () => {
  assert.deepEqual(acts(2), [2]);
  assert.deepEqual(acts({ from: 3 }), [3, 4]);
  assert.deepEqual(acts({ to: 2 }), [1, 2]);
  assert.deepEqual(acts({ from: 2, to: 3 }), [2, 3]);
  assert.deepEqual(acts({}), [1, 2, 3, 4]);
});

test('actsOn draws by toxicity once for each connection, from seed and name', () => {
  assert.deepEqual(hit(0.3, 7), hit(0.3, 7));
  assert.notDeepEqual(hit(0.3, 7), hit(0.3, 8));
  assert.notDeepEqual(hit(0.3, 7), hit(0.3, 7, 'y'));
  const count = hit(0.3, 7).filter(Boolean).length;
  assert.ok(count > 250 && count < 350, `${count} of 1,000`);
  assert.ok(hit(1, 7).every(Boolean) && !hit(0, 7).some(Boolean));
});
