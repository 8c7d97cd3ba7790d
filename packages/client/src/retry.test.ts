import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { resolveBackoff } from './backoff.ts';
import { Retry } from './retry.ts';

const backoff = resolveBackoff({ firstMs: 100, capMs: 800 });
const nothing = () => undefined;

/** A retry, and what chance will say. */
function openRetry(seed = 1) {
  const { world } = new VirtualWorld(seed);
  const chance = new VirtualWorld(seed).world.random;
  return { retry: new Retry(world, backoff), fraction: () => chance.fraction() };
}

test('Retry: each attempt stands at the same place of its turn, and turns are as long as the ceilings', () => {
  const { retry, fraction } = openRetry();
  const place = fraction();
  let nowMs = 0;
  for (const [beginMs, lengthMs] of [
    [0, 100],
    [100, 200],
    [300, 400],
    [700, 800],
    [1_500, 800],
    [2_300, 800],
  ] as const) {
    nowMs += retry.later(nothing);
    assert.ok(Math.abs(nowMs - (beginMs + place * lengthMs)) < 1e-6, `${nowMs}`);
  }
});

test('Retry: who comes back from an outage that doubles comes back after at most as long again, and firstMs', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const { retry } = openRetry(seed);
    for (let nowMs = 0, attempt = 0; attempt < 4; attempt++) {
      const waitMs = retry.later(nothing);
      // The server is there again just after the last attempt.
      assert.ok(waitMs <= nowMs + 100);
      nowMs += waitMs;
    }
  }
});

test('Retry: what held for less than the next wait may be keeps its ceiling, and gets another place, drawn over all of it', () => {
  const { retry, fraction } = openRetry();
  for (let attempt = 0; attempt < 5; attempt++) retry.later(nothing);
  fraction();
  retry.heldFor(799);
  assert.equal(retry.later(nothing), fraction() * 800);
  assert.equal(retry.later(nothing), 800);
  retry.heldFor(800);
  assert.equal(retry.later(nothing), fraction() * 100);
});

test('Retry: whom the server tells when to come back gets another place: it told many', () => {
  const { retry, fraction } = openRetry();
  for (let attempt = 0; attempt < 5; attempt++) retry.later(nothing);
  fraction();
  assert.equal(retry.later(nothing, 5_000), 5_000 + fraction() * 800);
});

test('Retry: limit makes waits shorter, but never shorter than the first', () => {
  const { retry, fraction } = openRetry();
  retry.limit(300);
  const place = fraction();
  for (let attempt = 0; attempt < 4; attempt++) retry.later(nothing);
  assert.equal(retry.later(nothing), 300);
  retry.limit(0);
  assert.equal(retry.later(nothing), 300 + place * (100 - 300));
  assert.equal(retry.later(nothing), 100);
});

test('Retry: reset begins anew', () => {
  const { retry, fraction } = openRetry();
  for (let attempt = 0; attempt < 5; attempt++) retry.later(nothing);
  fraction();
  retry.reset();
  assert.equal(retry.attempt, 0);
  assert.equal(retry.later(nothing), fraction() * 100);
});

test('Retry: a fleet that was cut off at one moment comes back evenly, however long the outage: the busiest 100 ms have at most 3 times the mean', () => {
  const fleet = 5_000;
  const { world } = new VirtualWorld();
  for (const outageMs of [0, 100, 300, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 14_000, 30_000, 60_000]) {
    const counts: number[] = [];
    for (let client = 0; client < fleet; client++) {
      const retry = new Retry(world, resolveBackoff());
      let nowMs = 0;
      do nowMs += retry.later(nothing);
      while (nowMs < outageMs);
      retry.cancel();
      const interval = Math.trunc((nowMs - outageMs) / 100);
      counts[interval] = (counts[interval] ?? 0) + 1;
    }
    const busiest = counts.reduce((most, count) => Math.max(most, count), 0);
    assert.ok(busiest <= (3 * fleet) / counts.length, `${outageMs} ms: ${busiest} of ${counts.length} intervals`);
    assert.ok(counts.length * 100 <= Math.min(15_000, outageMs + 250) + 100, `${outageMs} ms: ${counts.length}`);
  }
});
