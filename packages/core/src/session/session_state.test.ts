import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decideResume,
  detached,
  isOutdated,
  type KnownSession,
  type SessionState,
  windowLeftMs,
} from './session_state.ts';

const time = fc.nat({ max: 1_000_000_000 });
const windowLength = fc.integer({ min: 1, max: 100_000 });

test('decideResume: accepted at every moment before the window ends, refused from that moment on [I7] [S2.11]', () => {
  fc.assert(
    fc.property(time, windowLength, fc.nat({ max: 200_000 }), (sinceMs, windowMs, awayMs) => {
      const session: KnownSession = { state: { kind: 'detached', sinceMs }, windowMs };
      const decision = decideResume(session, true, sinceMs + awayMs);
      assert.equal(decision, awayMs < windowMs ? 'resumed' : 'expired');
    }),
  );
});

for (const [windowMs, awayMs, decision] of [
  [30_000, 28_000, 'resumed'],
  [30_000, 29_999, 'resumed'],
  [30_000, 30_000, 'expired'],
  [30_000, 32_000, 'expired'],
  [5_000, 4_000, 'resumed'],
  [5_000, 6_000, 'expired'],
] as const) {
  test(`decideResume: away for ${awayMs} ms of a window of ${windowMs} ms: ${decision} [S2.11] [S2.20] [S2.25]`, () => {
    assert.equal(decideResume({ state: { kind: 'detached', sinceMs: 7 }, windowMs }, true, 7 + awayMs), decision);
  });
}

test('decideResume: a session that is attached is taken over, however long it has been', () => {
  fc.assert(
    fc.property(time, windowLength, (nowMs, windowMs) => {
      assert.equal(decideResume({ state: { kind: 'attached' }, windowMs }, true, nowMs), 'takenOver');
    }),
  );
});

test('decideResume: who has no right to a session learns nothing of its state', () => {
  for (const state of [{ kind: 'attached' }, { kind: 'detached', sinceMs: 0 }] satisfies SessionState[]) {
    for (const nowMs of [0, 9, 10, 11]) {
      assert.equal(decideResume({ state, windowMs: 10 }, false, nowMs), 'unauthorized');
    }
  }
});

test('isOutdated: a hello that comes behind a later one of the same life, or twice; nobody else’s is', () => {
  const last = { life: 'a', attempt: 3 };
  for (const attempt of [1, 2, 3]) assert.equal(isOutdated({ life: 'a', attempt }, last), true);
  assert.equal(isOutdated({ life: 'a', attempt: 4 }, last), false);
  assert.equal(isOutdated({ life: 'b', attempt: 1 }, last), false);
  assert.equal(isOutdated({}, last), false);
  assert.equal(isOutdated({ life: 'a', attempt: 1 }, {}), false);
  assert.equal(isOutdated({}, {}), false);
});

test('detached: the window counts from the first time, whatever is found later', () => {
  fc.assert(
    fc.property(time, fc.array(fc.nat({ max: 1_000 })), windowLength, (firstMs, laterMs, windowMs) => {
      let state = detached({ kind: 'attached' }, firstMs);
      for (const ms of laterMs) state = detached(state, firstMs + ms);
      assert.equal(windowLeftMs({ state, windowMs }, firstMs), windowMs);
    }),
  );
});

test('windowLeftMs: a session that is attached never ends', () => {
  assert.equal(windowLeftMs({ state: { kind: 'attached' }, windowMs: 1 }, 1e15), Number.POSITIVE_INFINITY);
});
