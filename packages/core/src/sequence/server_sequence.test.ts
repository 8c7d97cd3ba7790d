import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ServerMessage } from '../control.ts';
import { crc32 } from '../crc32.ts';
import { SequenceDigest } from './sequence_digest.ts';
import { sequenceValues } from './sequence_values.ts';
import { ServerSequence } from './server_sequence.ts';

const seed = '0f'.repeat(16);
const sequenceOf = (n: number, tickMs = 100) => new ServerSequence({ seed, n, tickMs, algorithm: 'crc-32' }, crc32);

/** Steps whenever something is due, as late as `lateMs` says. */
function run(sequence: ServerSequence, lateMs: () => number, steps = Infinity) {
  const said: { readonly message: ServerMessage; readonly atMs: number }[] = [];
  for (let step = 0; step < steps && sequence.dueMs !== undefined; step++) {
    const atMs = sequence.dueMs + lateMs();
    const message = sequence.step(atMs);
    if (message !== undefined) said.push({ message, atMs });
  }
  return said;
}

test('ServerSequence: timers that are late by less than a tick: no drift [S2.2]', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 60 }), (delays) => {
      const sequence = sequenceOf(delays.length);
      sequence.begin(0, 5);
      const late = delays.values();
      const said = run(sequence, () => late.next().value ?? 0);
      const numbers = said.filter(({ message }) => message.type === 'number');
      for (const [index, { atMs }] of numbers.entries())
        assert.equal(atMs, 5 + (index + 1) * 100 + (delays[index] ?? 0));
    }),
  );
});

test('ServerSequence: after a pause of many ticks there is no burst', () => {
  const sequence = sequenceOf(10);
  sequence.begin(0, 0);
  run(sequence, () => 0, 3);
  const [first, second] = run(sequence, () => 5_000, 1).concat(run(sequence, () => 0, 1));
  assert.equal(first?.atMs, 5_400);
  assert.equal(second?.atMs, 5_500);
});

test('ServerSequence: the numbers, then their sum, and nothing after it [S2.4] [S2.6]', () => {
  const sequence = sequenceOf(7);
  sequence.begin(0, 0);
  assert.equal(sequence.checksum, undefined);
  const said = run(sequence, () => 0).map(({ message }) => message);
  const digest = new SequenceDigest('crc-32', crc32);
  const values = Array.from({ length: 7 }, (_, index) => sequenceValues(seed)(index));
  for (const value of values) digest.add(value);
  const numbers = values.map((value, index) => ({ type: 'number', index, value }));
  assert.deepEqual(said, [...numbers, { type: 'sum', count: 7, checksum: digest.checksum }]);
  assert.equal(sequence.checksum, digest.checksum);
  assert.equal(sequence.step(1e9), undefined);
});

test('ServerSequence: nothing before its time', () => {
  const sequence = sequenceOf(3);
  sequence.begin(0, 0);
  assert.equal(sequence.step(99.9), undefined);
  assert.equal(sequence.step(100)?.type, 'number');
});

test('ServerSequence: begun again anywhere, in this life or the next: the same numbers and the same sum [S2.1] [S2.8]', () => {
  const whole = sequenceOf(20);
  whole.begin(0, 0);
  const expected = run(whole, () => 0).map(({ message }) => message);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 6 }), fc.nat({ max: 20 }), (before, index) => {
      const sequence = sequenceOf(20);
      for (const earlier of before) {
        sequence.begin(earlier, 0);
        run(sequence, () => 0, 4);
      }
      sequence.begin(index, 10_000);
      assert.deepEqual(
        run(sequence, () => 0).map(({ message }) => message),
        expected.slice(index),
      );
    }),
  );
});

test('ServerSequence: cuts that come faster than ticks: it gets on, and no faster than one number a tick', () => {
  const sequence = sequenceOf(5);
  const said: number[] = [];
  let next = 0;
  for (let nowMs = 0; next < 5; nowMs += 30) {
    sequence.begin(next, nowMs);
    if (sequence.step(nowMs)?.type !== 'number') continue;
    said.push(nowMs);
    next += 1;
  }
  for (const [at, nowMs] of said.entries()) assert.ok(nowMs - (said[at - 1] ?? 0) >= 90, said.join(' '));
});

test('ServerSequence: a long one begun at its end is summed in bounded steps', () => {
  const sequence = sequenceOf(10_000, 10);
  sequence.begin(10_000, 0);
  let steps = 0;
  let message: ServerMessage | undefined;
  for (; message === undefined; steps++) message = sequence.step(0);
  assert.equal(message.type, 'sum');
  assert.equal(steps, 3);
});

test('ServerSequence: an index past the end is refused', () => {
  assert.throws(() => sequenceOf(3).begin(4, 0), { code: 'badRequest' });
});
