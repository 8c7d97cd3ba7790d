import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeBytes } from './describe_bytes.ts';

test('describeBytes reads as a person says it', () => {
  assert.deepEqual([0, 999, 1_500, 15_000, 2e6, 3e9].map(describeBytes), [
    '0 B',
    '999 B',
    '1.5 kB',
    '15 kB',
    '2.0 MB',
    '3.0 GB',
  ]);
});
