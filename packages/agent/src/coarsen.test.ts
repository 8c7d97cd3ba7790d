import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { coarsenLines } from './coarsen.ts';

const record = (line: string, timeNs = 0n) => ({ timeNs, bytes: Buffer.from(line) });

function coarsen(...lines: string[]): string {
  return Buffer.from(coarsenLines(lines.map((line) => record(line))).bytes).toString();
}

test('coarsenLines averages numeric columns exactly, with the decimals they have, and keeps the last time', () => {
  assert.equal(
    coarsen('paul 2.0 64.1 1612091235112730000\n', 'paul 4.0 64.2 1612091236112730001\n'),
    'paul 3.0 64.2 1612091236112730001\n',
  );
  assert.equal(coarsen('p 0.1 1\n', 'p 0.2 2\n', 'p 0.30 3\n'), 'p 0.20 3\n');
  assert.equal(coarsen('p -1.5 1\n', 'p -1.6 2\n'), 'p -1.6 2\n');
  assert.equal(coarsen('p -0.5 1\n', 'p 0.5 2\n'), 'p 0.0 2\n');
  assert.equal(coarsen('p 9007199254740993 1\n', 'p 9007199254740993 2\n'), 'p 9007199254740993 2\n');
});

test('coarsenLines keeps the first value of a column that is not all numbers', () => {
  assert.equal(coarsen('p open 1 1\n', 'p shut 3 2\n'), 'p open 2 2\n');
  assert.equal(coarsen('p 1 1\n', 'p nan 2\n'), 'p 1 2\n');
});

test('coarsenLines keeps the last record when there is no mean', () => {
  assert.equal(coarsen('p 1 2 1\n', 'p 5 2\n'), 'p 5 2\n');
  assert.equal(coarsen('p 1 1\n', 'q 5 2\n'), 'q 5 2\n');
  assert.equal(coarsen('p 1 1\n', 'binary'), 'binary');
  assert.deepEqual(coarsenLines([record('p 1 1\n'), { timeNs: 2n, bytes: Uint8Array.of(0xff) }]), {
    timeNs: 2n,
    bytes: Uint8Array.of(0xff),
  });
});

test('coarsenLines stays between the least and the greatest value, and keeps the record time of the last', () => {
  const tenths = fc.array(fc.integer({ min: -10_000, max: 10_000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(tenths, (values) => {
      const lines = values.map((value, index) => record(`p ${(value / 10).toFixed(1)} ${index}\n`, BigInt(index)));
      const { timeNs, bytes } = coarsenLines(lines);
      const mean = Number(Buffer.from(bytes).toString().split(' ')[1]);
      assert.equal(timeNs, BigInt(values.length - 1));
      assert.ok(mean * 10 >= Math.min(...values) - 1e-6 && mean * 10 <= Math.max(...values) + 1e-6);
      const exact = values.reduce((sum, value) => sum + value, 0) / values.length;
      assert.ok(Math.abs(mean * 10 - exact) <= 0.5 + 1e-6);
    }),
  );
});
