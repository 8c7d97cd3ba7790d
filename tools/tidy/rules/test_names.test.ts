import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsIn } from '../finding.ts';
import { checkTestNames } from './test_names.ts';

const check = (text: string) => findingsIn(checkTestNames, { 'packages/server/src/a.test.ts': text });

test('checkTestNames finds a citation of a row that does not exist', () => {
  assert.deepEqual(check("test('append: kill: it is there [P1] [F17]', f);"), [
    'packages/server/src/a.test.ts:1 [F17]: there is no such row',
  ]);
  for (const id of ['P0', 'P10', 'S0.29', 'A0.0', 'C9.1', 'I13', 'X1', 'S5.1']) {
    assert.equal(check(`test('it holds [${id}]', f);`).length, 1, id);
  }
  for (const id of ['P1', 'F16', 'S0.28', 'A0.10', 'C0.5', 'I12', 'S4.25']) {
    assert.deepEqual(check(`test('it holds [${id}]', f);`), [], id);
  }
});

test('checkTestNames finds names that say nothing', () => {
  assert.equal(check("test('append should be there', f);").length, 1);
  assert.equal(check("describe('append works', f);").length, 1);
  assert.deepEqual(check("const text = 'it should be there';"), []);
});
