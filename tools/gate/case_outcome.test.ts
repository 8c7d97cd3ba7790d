import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caseOutcome, describeError } from './case_outcome.ts';

test('caseOutcome counts as passed only what passed, and as disputed only what failed and is listed', () => {
  const errors = [{ message: 'expected 404 to be 200' }];
  assert.deepEqual(caseOutcome('passed', [], undefined), { outcome: 'passed', why: '' });
  assert.deepEqual(caseOutcome('failed', errors, undefined), { outcome: 'failed', why: 'expected 404 to be 200' });
  assert.deepEqual(caseOutcome('failed', errors, 'section 5.1'), { outcome: 'skipped', why: 'disputed: section 5.1' });
  assert.equal(caseOutcome('passed', [], 'section 5.1').outcome, 'failed');
  for (const state of ['skipped', 'pending']) assert.equal(caseOutcome(state, [], undefined).outcome, 'failed');
});

test('describeError leaves out the calls of vitest itself', () => {
  const stack = 'Error: boom\n    at /x/suite.js:1\n    at /x/node_modules/vitest/dist/run.js:2';
  assert.equal(describeError({ message: 'boom', stack }), 'Error: boom\n    at /x/suite.js:1');
});
