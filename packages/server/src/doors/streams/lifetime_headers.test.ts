import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lifetimeHeaders, parseLifetime } from './lifetime_headers.ts';

test('parseLifetime reads a TTL in seconds, or a moment, or neither', () => {
  assert.deepEqual(parseLifetime('3600', undefined), { ttlMs: 3_600_000 });
  assert.deepEqual(parseLifetime('0', undefined), { ttlMs: 0 });
  assert.deepEqual(parseLifetime(undefined, '2024-10-09T02:00:00.5+02:00'), { expiresAtMs: 1_728_432_000_500 });
  assert.equal(parseLifetime(undefined, undefined), undefined);
});

test('parseLifetime rounds a moment up: a stream may expire late, never early', () => {
  assert.deepEqual(parseLifetime(undefined, '1970-01-01T00:00:00.000000001Z'), { expiresAtMs: 1 });
});

test('parseLifetime refuses what is malformed, and both at once [H8]', () => {
  for (const ttl of ['', '+60', '00060', '60.5', '1e3', '-1', 'abc', ' 60', '9007199254740991']) {
    assert.throws(() => parseLifetime(ttl, undefined), { code: 'badRequest', message: /Stream-TTL/ }, ttl);
  }
  for (const moment of ['', 'not-a-timestamp', '2024-02-30T00:00:00Z', '2024-01-01', '1700000000']) {
    assert.throws(() => parseLifetime(undefined, moment), { code: 'badRequest', message: /RFC 3339/ }, moment);
  }
  assert.throws(() => parseLifetime('60', '2024-01-01T00:00:00Z'), { code: 'badRequest', message: /exclude/ });
});

test('lifetimeHeaders says what parseLifetime read', () => {
  assert.deepEqual(lifetimeHeaders({}), {});
  assert.deepEqual(lifetimeHeaders({ ttlMs: 3_600_000 }), { 'Stream-TTL': '3600' });
  assert.deepEqual(lifetimeHeaders({ ttlMs: 1_500 }), { 'Stream-TTL': '2' }, 'not shorter than it is');
  assert.deepEqual(lifetimeHeaders({ expiresAtMs: 1_728_432_000_500 }), {
    'Stream-Expires-At': '2024-10-09T00:00:00.500Z',
  });
  assert.deepEqual(lifetimeHeaders({ expiresAtMs: Number.MAX_SAFE_INTEGER }), {
    'Stream-Expires-At': '9999-12-31T23:59:59.999Z',
  });
});
