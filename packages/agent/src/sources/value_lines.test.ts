import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LineFormat, readLine } from './value_lines.ts';

const read = (text: string, format: LineFormat = 'values') => readLine(Buffer.from(text), format, 'paul');
const time = '1612091235112730001';

test('readLine keeps decimals verbatim and separates values by single spaces', () => {
  assert.deepEqual(read('4.0'), { kind: 'values', text: '4.0' });
  assert.deepEqual(read(' 2.0\t 64.10 1e3  0x1\r'), { kind: 'values', text: '2.0 64.10 1e3 0x1' });
});

test('readLine passes over blank lines', () => {
  for (const blank of ['', ' ', '\r', '\t \r']) assert.equal(read(blank), undefined);
});

test('readLine rejects what is no text', () => {
  assert.equal(readLine(Uint8Array.of(0xff, 0x31), 'values', 'paul')?.kind, 'rejected');
  assert.equal(read('1\u{0}2')?.kind, 'rejected');
  assert.equal(read('\u{1b}[31m2.0')?.kind, 'rejected');
});

test('readLine takes whole records of four or five fields with their own time, to the nanosecond', () => {
  const text = `paul 2.0 64.1 ${time}`;
  assert.deepEqual(read(text, 'records'), { kind: 'record', text, timeNs: 1_612_091_235_112_730_001n });
  assert.equal(read(`paul 2.0 64.1 1612091235.11 ${time}`, 'records')?.kind, 'record');
});

test('readLine rejects records that a crash tore or glued together, and other sensors’ [A0.6]', () => {
  const whole = `paul 2.0 64.1 ${time}`;
  for (let length = 1; length < whole.length; length++) {
    assert.equal(read(whole.slice(0, length), 'records')?.kind, 'rejected', whole.slice(0, length));
    const glued = `${whole.slice(0, length)}${whole}`;
    assert.equal(read(glued, 'records')?.kind, 'rejected', glued);
  }
  assert.equal(read(`anna 2.0 64.1 ${time}`, 'records')?.kind, 'rejected');
  assert.equal(read('garbage', 'records')?.kind, 'rejected');
});
