import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EpochClaims } from './epoch_claims.ts';

test('EpochClaims gives no epoch twice while it is held, stored or not [P2]', () => {
  const claims = new EpochClaims();
  const first = claims.claim('s', 'p', undefined);
  assert.equal(first.epoch, 0);
  assert.equal(claims.claim('s', 'q', undefined).epoch, 0, 'another producer');
  assert.equal(claims.claim('t', 'p', undefined).epoch, 0, 'another stream');
  const second = claims.claim('s', 'p', undefined);
  assert.equal(second.epoch, 1);
  assert.equal(claims.claim('s', 'p', 7).epoch, 8);
  assert.equal(claims.claim('s', 'p', 7, 7).epoch, 7, 'an epoch that was asked for');
});

test('EpochClaims keeps nothing of what was released', () => {
  const claims = new EpochClaims();
  const first = claims.claim('s', 'p', undefined);
  const second = claims.claim('s', 'p', undefined);
  second.release();
  second.release();
  assert.equal(claims.claim('s', 'p', undefined).epoch, 1, 'the first is still held');
  first.release();
  assert.equal(claims.size, 1);
});
