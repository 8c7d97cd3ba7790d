import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { failure, wrongCall } from './failure.ts';
import { reportError } from './report_error.ts';
import { testContext } from './testing/test_context.ts';

const called = { name: 'packetboat ship', usage: 'packetboat ship [options] <name>' };

function report(error: unknown, verbose = false): [code: number, said: string] {
  const { terminal, said } = testContext();
  terminal.configure({ verbose });
  return [reportError(error, terminal, called), said.stderr];
}

test('reportError tells one of our errors with its hint, in one line', () => {
  assert.deepEqual(report(new PacketboatError('notFound', 'There is no\nstream "x"')), [
    3,
    'packetboat: There is no stream "x". Create the stream first, or check its name.\n',
  ]);
});

test('reportError tells errors of the system without code words or stack', () => {
  const [code, said] = report(errorOf(() => readFileSync('/nowhere/x')));
  assert.deepEqual([code, said], [1, 'packetboat: Cannot use /nowhere/x: there is no such file or folder.\n']);
});

test('reportError shows the stack of a defect only to the curious', () => {
  const defect = new TypeError('x is not a function');
  assert.match(report(defect)[1], /^packetboat: x is not a function\. This is a defect.*\n$/);
  assert.match(report(defect, true)[1], /report_error\.test\.ts/);
  assert.equal(report(defect)[0], 1);
});

test('reportError shows a planned end and a wrong call as they are', () => {
  assert.deepEqual(report(failure('Port 8000 is in use.')), [1, 'packetboat: Port 8000 is in use.\n']);
  assert.deepEqual(report(wrongCall('Say --yes.')), [2, 'packetboat: Say --yes. See packetboat ship --help.\n']);
});

test('reportError cuts what is endless', () => {
  const [, said] = report(failure('x'.repeat(1_000_000)));
  assert.ok(said.length < 700, String(said.length));
});

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail');
}
