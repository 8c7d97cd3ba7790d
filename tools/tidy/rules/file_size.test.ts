import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsIn } from '../finding.ts';
import { checkFileSize } from './file_size.ts';

test('checkFileSize finds a source file of more than 500 lines', () => {
  assert.deepEqual(findingsIn(checkFileSize, { 'a.ts': 'x;\n'.repeat(500), 'b.md': 'x\n'.repeat(900) }), []);
  assert.deepEqual(findingsIn(checkFileSize, { 'a.ts': 'x;\n'.repeat(501) }), [
    'a.ts:501 501 lines are over 500: split it',
  ]);
});
