import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseIdempotencyKey } from './idempotency_key.ts';

test('parseIdempotencyKey takes a quoted string, and what many send: the bare key', () => {
  assert.equal(parseIdempotencyKey('"8e03978e-40d5"', 64), '8e03978e-40d5');
  assert.equal(parseIdempotencyKey('8e03978e-40d5', 64), '8e03978e-40d5');
  assert.equal(parseIdempotencyKey('"with \\"quotes\\" and \\\\"', 64), 'with "quotes" and \\');
});

for (const field of [
  '',
  '""',
  '"',
  '"a',
  'a"',
  'a b',
  'a, b',
  '"a", "b"',
  '"\\a"',
  '"é"',
  'é',
  '"a\tb"',
  'x'.repeat(65),
]) {
  test(`parseIdempotencyKey refuses ${JSON.stringify(field)}`, () => {
    assert.throws(() => parseIdempotencyKey(field, 64), { code: 'badRequest' });
  });
}

test('parseIdempotencyKey gives a key or a refusal, whatever it reads, and a key never changes by being quoted', () => {
  const visible = fc.stringMatching(/^[ -~]{1,20}$/);
  fc.assert(
    fc.property(visible, fc.string(), (key, noise) => {
      const quotedKey = `"${key.replaceAll(/["\\]/g, '\\$&')}"`;
      assert.equal(parseIdempotencyKey(quotedKey, 64), key);
      try {
        parseIdempotencyKey(noise, 64);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'badRequest');
      }
    }),
  );
});
