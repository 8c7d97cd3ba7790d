import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalTime, describeChecksum, describeCount, describeDuration } from './describe.ts';

test('describeCount reads as a person says it', () => {
  assert.equal(describeCount(1, 'record'), '1 record');
  assert.equal(describeCount(1_204, 'record'), '1,204 records');
});

test('describeDuration goes from milliseconds to hours', () => {
  assert.deepEqual([0, 250, 1_500, 42_000, 185_000, 7_800_000].map(describeDuration), [
    '0 ms',
    '250 ms',
    '1.5 s',
    '42 s',
    '3 min 5 s',
    '2 h 10 min',
  ]);
});

test('describeChecksum keeps leading zeros', () => {
  assert.equal(describeChecksum(0x0b5ad24c), '0b5ad24c');
});

test('LocalTime formats to the millisecond, also before 1970 and one nanosecond before a second', () => {
  const time = new LocalTime('UTC');
  assert.equal(time.format(1_612_091_235_112_730_000n), '2021-01-31 11:07:15.112');
  assert.equal(time.format(1_612_091_235_999_999_999n), '2021-01-31 11:07:15.999');
  assert.equal(time.format(-1n), '1969-12-31 23:59:59.999');
  assert.equal(time.format(0n), '1970-01-01 00:00:00.000');
});

test('LocalTime uses the time zone it is given', () => {
  assert.equal(new LocalTime('Asia/Kolkata').format(0n), '1970-01-01 05:30:00.000');
});
