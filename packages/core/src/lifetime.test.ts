import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from './errors.ts';
import { checkLifetime, isMortal } from './lifetime.ts';
import type { Lifetime } from './store.ts';

test('isMortal is false only for a lifetime without an end', () => {
  assert.equal(isMortal({}), false);
  assert.equal(isMortal({ ttlMs: 0 }), true);
  assert.equal(isMortal({ expiresAtMs: 0 }), true);
});

test('checkLifetime takes one field or none', () => {
  for (const lifetime of [undefined, {}, { ttlMs: 0 }, { ttlMs: 1.5 }, { expiresAtMs: -1 }]) checkLifetime(lifetime);
});

test('checkLifetime refuses both fields, and what is no time', () => {
  const bad: Lifetime[] = [
    { ttlMs: 1, expiresAtMs: 1 },
    { ttlMs: -1 },
    { ttlMs: NaN },
    { ttlMs: Infinity },
    { expiresAtMs: NaN },
    { expiresAtMs: Infinity },
  ];
  for (const lifetime of bad) {
    assert.throws(
      () => checkLifetime(lifetime),
      (error) => error instanceof PacketboatError && error.code === 'badRequest',
      JSON.stringify(lifetime),
    );
  }
});
