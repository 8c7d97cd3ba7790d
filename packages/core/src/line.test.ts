import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSensorLine } from './line.ts';

const parse = (line: string) => parseSensorLine(line, 512);

/** Seventeen samples of one sensor, as a machine with a microsecond clock takes them (S0.6). */
const sample = [
  'paul 4.0 64.1 1612091235112730000',
  'paul 2.0 64.1 1612091236117912000',
  'paul 3.5 64.2 1612091237121043000',
  'paul 13.2 64.2 1612091238126571000',
  'paul 5.1 64.3 1612091239131200000',
  'paul 4.8 64.3 1612091240135002000',
  'paul 6.0 64.4 1612091241139977000',
  'paul 2.7 64.4 1612091242143310000',
  'paul 3.3 64.5 1612091243148025000',
  'paul 9.9 64.5 1612091244152718000',
  'paul 7.4 64.6 1612091245157090000',
  'paul 4.4 64.6 1612091246162843000',
  'paul 2.2 64.7 1612091247168111000',
  'paul 3.0 64.7 1612091248173552000',
  'paul 5.5 64.8 1612091249180204000',
  'paul 4.1 64.8 1612091250190113000',
  'paul 2.9 64.8 1612091251198529000',
];

test('parseSensorLine reads the sample, every field to the last character (S0.5, S0.6) [T2]', () => {
  const lines = sample.map(parse);
  assert.equal(lines.length, 17);
  for (const [index, { name, values, timeText, timeNs }] of lines.entries()) {
    assert.equal([name, ...values, timeText].join(' '), sample[index]);
    assert.equal(String(timeNs), timeText);
  }
  assert.deepEqual(lines[0]?.values, ['4.0', '64.1']);
});

test('parseSensorLine keeps times that differ by one nanosecond distinct (S0.10) [T1]', () => {
  const [left, right] = [parse('p 1 2 1612091235112730000'), parse('p 1 2 1612091235112730001')];
  assert.equal(right.timeNs - left.timeNs, 1n);
  assert.notEqual(left.timeText, right.timeText);
});

test('parseSensorLine takes four and five fields, and one value (C0.1)', () => {
  assert.deepEqual(parse('paul 4.0 64.1 1612091235.11273 1612091235112730000').values, [
    '4.0',
    '64.1',
    '1612091235.11273',
  ]);
  assert.deepEqual(parse('door open 1').values, ['open']);
  assert.equal(parse('sensors/paul 1 9223372036854775807').timeNs, 2n ** 63n - 1n);
});

test('parseSensorLine refuses what is no line, and says why (C0.4)', () => {
  const bad: [string, RegExp][] = [
    ['', /fewer than three/],
    [' ', /fewer than three/],
    ['paul', /fewer than three/],
    ['paul 1612091235112730000', /fewer than three/],
    [' paul 1 2 3', /empty field/],
    ['paul  1 2 3', /empty field/],
    ['paul 1 2 3 ', /empty field/],
    ['paul 1 2 1612091235.5', /no time/],
    ['paul 1 2 -5', /no time/],
    ['paul 1 2 1e18', /no time/],
    ['paul 1 2 0x10', /no time/],
    ['paul 1 2 ١٢٣', /no time/],
    ['paul 1 2 12345678901234567890', /no time/],
    ['paul 1 2 9223372036854775808', /over 2\^63/],
    ['paul 1 2 3\r', /no time/],
    ['paul 1 2 3\n', /no time/],
  ];
  for (const [line, message] of bad)
    assert.throws(() => parse(line), { code: 'badLine', message }, JSON.stringify(line));
});

test('parseSensorLine refuses a name that is no path', () => {
  for (const name of ['../x', 'a//b', '.', 'n\0', 'x'.repeat(600)]) {
    assert.throws(() => parse(`${name} 1 2 3`), { code: 'badName' });
  }
});
