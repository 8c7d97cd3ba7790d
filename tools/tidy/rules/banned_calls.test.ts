import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsIn } from '../finding.ts';
import { checkBannedCalls } from './banned_calls.ts';

const calls = [
  'Date.now()',
  'new Date()',
  'Date(5)',
  'performance.now()',
  'Math.random()',
  'setTimeout(f, 1)',
  "import { setInterval } from 'node:timers';",
  'setImmediate(f)',
  'process.hrtime.bigint()',
  'AbortSignal.timeout(5)',
];

for (const call of calls) {
  test(`checkBannedCalls finds ${call}`, () => {
    assert.equal(findingsIn(checkBannedCalls, { 'packages/server/src/a.ts': `\n${call};` }).length, 1);
    assert.equal(findingsIn(checkBannedCalls, { 'packages/core/src/node/mod.ts': call }).length, 0);
  });
}

test('checkBannedCalls reads code, not comments or text', () => {
  const text =
    "// Date.now()\nconst hint = 'setTimeout(f, 1)';\nconst x = `${'Math.random()'}`;\nclock.setTime(new Date(5));";
  assert.deepEqual(findingsIn(checkBannedCalls, { 'packages/server/src/a.ts': text }), []);
});
