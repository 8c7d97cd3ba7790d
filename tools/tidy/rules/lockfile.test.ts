import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsIn } from '../finding.ts';
import { checkLockfile } from './lockfile.ts';

test('checkLockfile finds download addresses', () => {
  const address = '{\n"resolved": "https://example.org/a.tgz"\n}';
  assert.deepEqual(findingsIn(checkLockfile, { 'package-lock.json': address }), [
    'package-lock.json:2 a download address: npm ci with our .npmrc',
  ]);
  assert.deepEqual(findingsIn(checkLockfile, { 'package-lock.json': '{"resolved": "packages/core"}' }), []);
});

test('checkLockfile misses the packages of other platforms', () => {
  const tool = { optionalDependencies: { 'tool-darwin-arm64': '1.0.0' } };
  const text = JSON.stringify({ packages: { 'node_modules/tool': tool } });
  assert.deepEqual(findingsIn(checkLockfile, { 'package-lock.json': text }), [
    'package-lock.json:1 tool-darwin-arm64 has no entry: npm ci would refuse the file',
  ]);
});

test('checkLockfile misses a missing lockfile', () => {
  assert.deepEqual(findingsIn(checkLockfile, {}), ['package-lock.json:1 is missing']);
});
