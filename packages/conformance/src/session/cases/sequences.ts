import type { Case, Step, Value } from '../case.ts';
import { passes } from '../phrases.ts';
import { capture, not, numbersChecksum, some } from '../words.ts';

const tickMs = 20;
const sequence = (index: number, more: { readonly [name: string]: Value } = {}): Value => ({
  type: 'sequence',
  index,
  n: 4,
  tickMs,
  ...more,
});
const begun = (index: number, on = 'it'): Step => ({
  expect: { type: 'sequenceBegun', index, n: 4, tickMs, algorithm: some.text },
  on,
});
const number = (index: number, value: Value = capture(`n${index}`), on = 'it'): Step => ({
  expect: { type: 'number', index, value },
  on,
});
const checksum = numbersChecksum('crc-32', '$n0', '$n1', '$n2', '$n3');
const sums = (on = 'it'): readonly Step[] => [
  { expect: { type: 'sum', count: 4, checksum }, on },
  { say: { type: 'sum', checksum }, on },
  { expect: { type: 'sequenceEnded' }, on },
];
const back: Step = { greet: { resume: { session: '$it.session', token: '$it.token' } }, on: 'again' };

/** Asks that are refused, and leave the connection as it is. */
const refused = (name: string, code: string, why: string, message: Value): Case => ({
  name: `sequence: ${name} is ${code}`,
  clause: '9',
  why,
  steps: [{ greet: {} }, { say: message }, { expect: { type: 'sequenceRefused', code } }, { quiet: true }],
});

/** Section 9: sequences. */
export const sequenceCases: readonly Case[] = [
  {
    name: 'sequence: numbers in order, then the sum of all, then it is forgotten [P5]',
    clause: '9.3',
    why: 'Both sides make the same checksum of the same numbers.',
    steps: [
      { greet: {} },
      { say: sequence(0) },
      begun(0),
      number(0),
      number(1),
      number(2),
      number(3),
      ...sums(),
      { quiet: true },
    ],
  },
  {
    name: 'sequence: a number comes one tick later, not at once',
    clause: '9.2',
    why: 'The client chooses the pace, and no number comes before its time.',
    waits: 'seconds',
    steps: [
      { greet: {} },
      { say: sequence(0, { tickMs: 4_000 }) },
      { expect: { type: 'sequenceBegun', index: 0, n: 4, tickMs: 4_000 } },
      { silentMs: 2_000 },
      { expect: { type: 'number', index: 0 }, withinMs: 10_000 },
    ],
  },
  {
    name: 'sequence: sha-256 when it is asked for',
    clause: '9.1',
    why: 'A client chooses how sure it wants to be.',
    steps: [
      { greet: {} },
      { say: sequence(0, { n: 2, algorithm: 'sha-256' }) },
      { expect: { type: 'sequenceBegun', n: 2, algorithm: 'sha-256' } },
      number(0),
      number(1),
      { expect: { type: 'sum', count: 2, checksum: numbersChecksum('sha-256', '$n0', '$n1') } },
    ],
  },
  {
    name: 'sequence: after a cut the same numbers go on, and the sum is that of all [P4]',
    clause: '9.4',
    why: 'A cut changes nothing of what arrives.',
    steps: [
      { greet: {} },
      { say: sequence(0) },
      begun(0),
      number(0),
      number(1),
      { cut: 'reset' },
      back,
      { say: sequence(1), on: 'again' },
      begun(1, 'again'),
      // It had two, and asks for the second again: the same number comes.
      number(1, '$n1', 'again'),
      number(2, capture('n2'), 'again'),
      number(3, capture('n3'), 'again'),
      ...sums('again'),
    ],
  },
  {
    name: 'sequence: with index = n only the sum comes [P4]',
    clause: '9.4',
    why: 'The sum may be what the cut took.',
    steps: [
      { greet: {} },
      { say: sequence(0) },
      begun(0),
      number(0),
      number(1),
      number(2),
      number(3),
      { cut: 'fin' },
      back,
      { say: sequence(4), on: 'again' },
      begun(4, 'again'),
      ...sums('again'),
    ],
  },
  {
    name: 'sequence: a sum that is said again after a cut is answered again',
    clause: '9.5',
    why: 'The last word may be what the cut took.',
    steps: [
      { greet: {} },
      { say: sequence(0) },
      begun(0),
      number(0),
      number(1),
      number(2),
      number(3),
      ...sums(),
      { cut: 'fin' },
      back,
      { say: { type: 'sum', checksum }, on: 'again' },
      { expect: { type: 'sequenceEnded' }, on: 'again' },
    ],
  },
  {
    name: 'sequence: one that was given up may be followed by another',
    clause: '9.5',
    why: 'A session has one at a time, not one for ever.',
    steps: [
      { greet: {} },
      { say: sequence(0, { tickMs: 3_600_000 }) },
      { expect: { type: 'sequenceBegun', tickMs: 3_600_000 } },
      { say: { type: 'sum' } },
      { expect: { type: 'sequenceEnded' } },
      { say: sequence(0) },
      begun(0),
      number(0),
    ],
  },
  {
    name: 'sequence: two sessions get numbers of their own',
    clause: '9',
    why: 'Numbers that anybody can foretell prove nothing.',
    steps: [
      { greet: {} },
      { greet: {}, on: 'other' },
      { say: sequence(0) },
      { say: sequence(0), on: 'other' },
      begun(0),
      begun(0, 'other'),
      number(0),
      number(0, not('$n0'), 'other'),
    ],
  },
  {
    name: 'sequence: another than the session has is exists',
    clause: '9',
    why: 'Two ideas of one sequence never agree on a sum.',
    steps: [
      { greet: {} },
      { say: sequence(0, { tickMs: 60_000 }) },
      { expect: { type: 'sequenceBegun' } },
      { say: sequence(0, { tickMs: 60_000, n: 5 }) },
      { expect: { type: 'sequenceRefused', code: 'exists' } },
    ],
  },
  refused('going on in one that there is not', 'expired', 'Who comes too late is told so.', sequence(2)),
  refused('none of any numbers', 'badRequest', 'There is nothing to sum.', sequence(0, { n: 0 })),
  refused('a tick of less than 10 ms', 'badRequest', 'Ticks are 10 … 3,600,000 ms.', sequence(0, { tickMs: 9 })),
  refused('an unknown algorithm', 'badRequest', 'There are crc-32 and sha-256.', sequence(0, { algorithm: 'md5' })),
  {
    name: 'sequence: it ends with its session [P4]',
    clause: '9',
    why: 'After the window there is nothing to go on in, and the client is told.',
    waits: 'seconds',
    steps: [
      { greet: {} },
      { say: sequence(0) },
      begun(0),
      number(0),
      { cut: 'fin' },
      passes('$it.windowMs'),
      { greet: {}, on: 'new' },
      { say: sequence(1), on: 'new' },
      { expect: { type: 'sequenceRefused', code: 'expired' }, on: 'new' },
    ],
  },
];
