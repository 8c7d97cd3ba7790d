import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, errorTable } from '@packetboat/core';
import { exitCode, exitCodeMeanings, exitCodeOf } from './exit_codes.ts';

test('exitCodeOf gives every error a documented code other than 0', () => {
  const documented = new Set(exitCodeMeanings.map(([code]) => code));
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    assert.ok(documented.has(exitCodeOf(code)), code);
    assert.notEqual(exitCodeOf(code), 0, code);
  }
  for (const code of Object.values(exitCode)) assert.ok(documented.has(code));
});

test('exitCodeOf tells the reasons apart that a script cares about', () => {
  const codes = [
    'notFound',
    'storeLocked',
    'unauthorized',
    'staleEpoch',
    'diskFull',
    'unreachable',
    'timeout',
  ] as const;
  assert.deepEqual(codes.map(exitCodeOf), [3, 3, 4, 5, 6, 7, 124]);
});
