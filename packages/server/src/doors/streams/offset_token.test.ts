import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeOffset, encodeOffset } from './offset_token.ts';

const stream = { lineage: '00ff00ff00ff00ff' };

test('encodeOffset sorts tokens as it sorts offsets, in characters that a URL takes as they are', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (left, right) => {
      const [leftToken, rightToken] = [encodeOffset(stream, left), encodeOffset(stream, right)];
      assert.equal(leftToken < rightToken, left < right);
      assert.equal(leftToken === rightToken, left === right);
      assert.equal(encodeURIComponent(leftToken), leftToken);
    }),
  );
});

test('decodeOffset reads back what encodeOffset wrote', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (offset) => assert.equal(decodeOffset(stream, encodeOffset(stream, offset)), offset)),
  );
});

test('decodeOffset knows the beginning of any stream under two names', () => {
  assert.equal(decodeOffset(stream, '-1'), 0);
  assert.equal(decodeOffset(stream, '0000000000000000_0000000000000000'), 0);
});

test('decodeOffset refuses what is no token, and one of another lineage: never another stream’s data [H7]', () => {
  const bad = [
    '',
    '-2',
    '0',
    'now',
    'now\0',
    '9007199254740992',
    '00ff00ff00ff00ff_9007199254740992',
    '00ff00ff00ff00ff_-000000000000001',
    '00ff00ff00ff00ff_000000000000001',
    '00ff00ff00ff00ff_00000000000000001',
    '00FF00ff00ff00ff_0000000000000001',
    '00ff00ff00ff00ff_0000000000000001\n',
    ' 00ff00ff00ff00ff_0000000000000001',
    '10ff00ff00ff00ff_0000000000000001',
    '9999999999999999_9999999999999999',
    '0000000000000000_0000000000000001',
  ];
  for (const token of bad) {
    assert.throws(() => decodeOffset(stream, token), { code: 'badRequest' }, JSON.stringify(token));
  }
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (token) => {
      if (token !== '-1') assert.throws(() => decodeOffset(stream, token), { code: 'badRequest' });
    }),
  );
});
