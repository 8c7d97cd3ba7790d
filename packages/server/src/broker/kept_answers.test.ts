import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { testBroker } from '../testing/test_broker.ts';
import { KeptAnswers } from './kept_answers.ts';

/** Kept answers over a memory store in virtual time, and effects that are counted. */
function keeping(limits: Parameters<typeof testBroker>[0] = {}) {
  const bench = testBroker(limits);
  const kept = KeptAnswers.ofHttp(bench.broker);
  let effects = 0;
  const effect = async () => ({ effect: ++effects });
  const entries = async () => (await bench.store.map.list('idempotency/', undefined, 1_000)).length;
  return { ...bench, kept, effect, entries, effects: () => effects };
}

const never = () => new Promise<never>(() => undefined);
const failing = (code: ConstructorParameters<typeof PacketboatError>[0]) => async () => {
  throw new PacketboatError(code, 'so it is');
};

test('KeptAnswers: the same request with the same key takes effect once and gets the first answer', async () => {
  const { kept, effect, effects } = keeping();
  assert.deepEqual(await kept.once('k', 'r', effect), { effect: 1 });
  assert.deepEqual(await kept.once('k', 'r', effect), { effect: 1 });
  assert.deepEqual(await kept.once('other', 'r', effect), { effect: 2 });
  assert.equal(effects(), 2);
});

test('KeptAnswers: another request with the same key is refused, also while the first is worked on', async () => {
  const { kept, effect, settle } = keeping();
  await kept.once('k', 'r', effect);
  await assert.rejects(kept.once('k', 'R', effect), { code: 'keyReused' });
  void kept.once('slow', 'r', never);
  await settle();
  await assert.rejects(kept.once('slow', 'R', effect), { code: 'keyReused' });
});

test('KeptAnswers: the same request while the first is worked on: told to come back, not done again', async () => {
  const { kept, effect, effects, settle } = keeping();
  void kept.once('k', 'r', never);
  await settle();
  await assert.rejects(kept.once('k', 'r', effect), { code: 'keyInUse' });
  assert.equal(effects(), 0);
});

test('KeptAnswers: fifty at once: one takes effect, the others are told to come back', async () => {
  const { kept, effect, effects } = keeping();
  const all = await Promise.allSettled(Array.from({ length: 50 }, () => kept.once('k', 'r', effect)));
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const outcome of all) {
    if (outcome.status === 'fulfilled') continue;
    assert.equal(outcome.reason.code, 'keyInUse');
    assert.ok(outcome.reason.retryAfterMs > 0);
  }
  assert.equal(effects(), 1);
});

test('KeptAnswers: a definite refusal is kept, one that passes is not', async () => {
  const { kept, effect, entries } = keeping();
  await assert.rejects(kept.once('k', 'r', failing('notFound')), { code: 'notFound', message: 'so it is' });
  await assert.rejects(kept.once('k', 'r', effect), { code: 'notFound', message: 'so it is' });
  for (const code of ['busy', 'diskFull', 'stopping', 'storeFailed'] as const) {
    await assert.rejects(kept.once(code, 'r', failing(code)), { code });
    assert.ok(await kept.once(code, 'r', effect));
  }
  await assert.rejects(
    kept.once('defect', 'r', () => Promise.reject(new TypeError('x'))),
    TypeError,
  );
  assert.equal(await entries(), 5);
});

test('KeptAnswers: the process dies behind the answer: the next one gives the same answer', async () => {
  const { kept, effect, broker, effects } = keeping();
  await kept.once('k', 'r', effect);
  const next = KeptAnswers.ofHttp(broker);
  next.start();
  assert.deepEqual(await next.once('k', 'r', effect), { effect: 1 });
  await assert.rejects(next.once('k', 'R', effect), { code: 'keyReused' });
  assert.equal(effects(), 1);
});

test('KeptAnswers: the process dies between effect and settling: the same request is done again, another is refused', async () => {
  const { kept, effect, broker, settle } = keeping();
  void kept.once('k', 'r', never);
  await settle();
  const next = KeptAnswers.ofHttp(broker);
  await assert.rejects(next.once('k', 'R', effect), { code: 'keyReused' });
  assert.deepEqual(await next.once('k', 'r', effect), { effect: 1 });
  assert.deepEqual(await next.once('k', 'r', effect), { effect: 1 });
});

test('KeptAnswers: no room to reserve: no effect; no room to settle: the answer is given all the same', async () => {
  const { kept, effect, effects, store } = keeping({ mapEntriesMax: 1 });
  await store.map.put('full', new Uint8Array(1));
  await assert.rejects(kept.once('k', 'r', effect), { code: 'limitReached' });
  assert.equal(effects(), 0);
  await store.map.delete('full');
  const large = { large: 'x'.repeat(2_000) };
  assert.deepEqual(await kept.once('k', 'r', async () => large), large);
});

test('KeptAnswers: an answer is forgotten when its time has come, by the sweeper, which then sleeps [P7]', async () => {
  const { kept, effect, entries, virtual, limits } = keeping();
  for (let index = 0; index < 20; index++) await kept.once(`k${index}`, 'r', effect);
  await virtual.advance(limits.idempotencyKeyMs / 2);
  await kept.once('late', 'r', effect);
  assert.equal(await entries(), 21);
  assert.equal(virtual.pendingTimers, 1);
  await virtual.advance(limits.idempotencyKeyMs / 2 + 2_000);
  assert.equal(await entries(), 1);
  await virtual.advance(limits.idempotencyKeyMs);
  assert.equal(await entries(), 0);
  assert.equal(virtual.pendingTimers, 0);
});

test('KeptAnswers: what an earlier process kept is swept, many turns if need be, without anybody using a key [P7]', async () => {
  const { kept, effect, entries, virtual, limits, broker } = keeping({
    mapEntriesMax: 1_000,
    idempotencyKeysMax: 1_000,
  });
  for (let index = 0; index < 600; index++) await kept.once(`k${index}`, 'r', effect);
  kept.stop();
  await virtual.advance(limits.idempotencyKeyMs);
  assert.equal(await entries(), 600);
  const next = KeptAnswers.ofHttp(broker);
  next.start();
  await virtual.advance(10_000);
  assert.equal(await entries(), 0);
  assert.equal(virtual.pendingTimers, 0);
});

test('KeptAnswers: a key whose time has come counts for nothing, also before it is swept', async () => {
  const { kept, effect, virtual, limits } = keeping();
  await kept.once('k', 'r', effect);
  kept.stop();
  await virtual.advance(limits.idempotencyKeyMs);
  assert.deepEqual(await kept.once('k', 'R', effect), { effect: 2 });
});

test('KeptAnswers: keys are bounded: a new one is refused, a kept one still answers, and expiry makes room [P7]', async () => {
  const { kept, effect, virtual, limits } = keeping({ idempotencyKeysMax: 3 });
  for (const key of ['a', 'b', 'c']) await kept.once(key, 'r', effect);
  await assert.rejects(kept.once('d', 'r', effect), { code: 'limitReached' });
  assert.deepEqual(await kept.once('a', 'r', effect), { effect: 1 });
  await virtual.advance(limits.idempotencyKeyMs + 2_000);
  assert.deepEqual(await kept.once('d', 'r', effect), { effect: 4 });
});

test('KeptAnswers: calls over sessions: who comes again while the first is worked on gets its answer, done once [P2]', async () => {
  const { broker, settle } = testBroker();
  const kept = KeptAnswers.ofCalls(broker);
  const work = Promise.withResolvers<number>();
  let effects = 0;
  const effect = () => {
    effects += 1;
    return work.promise;
  };
  const all = Promise.all(Array.from({ length: 10 }, () => kept.once('k', 'r', effect)));
  await settle();
  await assert.rejects(kept.once('k', 'R', effect), { code: 'keyReused' });
  work.resolve(7);
  assert.deepEqual(await all, Array(10).fill(7));
  assert.equal(effects, 1);
});

test('KeptAnswers: calls over sessions: answered by the next life of the server, for callKeyMs [P2]', async () => {
  const { broker, limits, settle, store, virtual } = testBroker();
  await KeptAnswers.ofCalls(broker).once('k', 'r', async () => 'first');
  const next = KeptAnswers.ofCalls(broker);
  assert.equal(await next.once('k', 'r', async () => 'second'), 'first');
  await virtual.advance(limits.callKeyMs + 1_000);
  await settle();
  assert.deepEqual(await store.map.list('call/', undefined, 10), []);
  next.stop();
});
