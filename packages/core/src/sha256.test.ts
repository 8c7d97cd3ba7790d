import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from './sha256.ts';

test('sha256 equals that of the platform at every length around its blocks', () => {
  const bytes = Uint8Array.from({ length: 200 }, (_, index) => (index * 37 + 5) & 255);
  for (let length = 0; length <= bytes.length; length++) {
    const slice = bytes.subarray(0, length);
    assert.equal(sha256(slice), createHash('sha256').update(slice).digest('hex'));
  }
});
