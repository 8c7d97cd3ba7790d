import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideAnswered, decideClaim, decideExpired, decideVoid, decideWake } from './decide_wake.ts';
import { isRefusal } from './refusal.ts';
import { foldEvent, type SubscriptionEvent, type SubscriptionState } from './subscription_state.ts';

const tailOf = (tail: number, incarnation = 'i') => ({ incarnation, lineage: incarnation, tail, work: tail });

/** A subscription to stream `a`, of which 2 records are acked, after `events`. */
function after(...events: SubscriptionEvent[]): SubscriptionState {
  const config = { type: 'webhook', streams: ['a'], leaseMs: 1_000 } as const;
  const links = new Map([['a', { explicit: true, incarnation: 'i', acked: 2 }]]);
  const state: SubscriptionState = { config, origin: '', createdMs: 0, generation: 4, wake: undefined, links };
  return events.reduce<SubscriptionState>(foldEvent, state);
}

const woken = { event: 'woken', generation: 5, wakeId: 'w5', tokenHash: 'h' } as const;
const held = { event: 'held', holder: 'worker' } as const;
const pending = new Map([['a', tailOf(3)]]);

test('decideWake wakes for work that nobody holds, under the next generation', () => {
  assert.deepEqual(decideWake(after(), pending, { wakeId: 'w5' }), [{ event: 'woken', generation: 5, wakeId: 'w5' }]);
  assert.deepEqual(decideWake(after(), new Map([['a', tailOf(2)]]), { wakeId: 'w5' }), [], 'all is acked');
  assert.deepEqual(decideWake(after(), new Map(), { wakeId: 'w5' }), [], 'the stream is gone');
  assert.deepEqual(decideWake(after(), new Map([['a', tailOf(9, 'other')]]), { wakeId: 'w5' }), [], 'another stream');
  const onlyWakes = new Map([['a', { ...tailOf(9), work: 2 }]]);
  assert.deepEqual(decideWake(after(), onlyWakes, { wakeId: 'w5' }), [], 'only wakes were written');
  assert.deepEqual(decideWake(after(woken, held), pending, { wakeId: 'w6' }), [], 'somebody works');
  const [again] = decideWake(after(woken), pending, { wakeId: 'w6' });
  assert.deepEqual(again, { event: 'woken', generation: 6, wakeId: 'w6' }, 'one that nobody holds gives way');
});

test('decideClaim gives out the wake that was told, or makes one', () => {
  const wake = { wakeId: 'w6', tokenHash: 'h6' };
  const taken = { event: 'held', holder: 'me', tokenHash: 'h6' };
  assert.deepEqual(decideClaim(after(woken), pending, 'me', wake), [taken]);
  assert.deepEqual(decideClaim(after(), pending, 'me', wake), [{ event: 'woken', generation: 5, wakeId: 'w6' }, taken]);
  const busy = decideClaim(after(woken, held), pending, 'me', wake);
  assert(isRefusal(busy) && busy.refused === 'ALREADY_CLAIMED' && busy.current_holder === 'worker');
  const idle = decideClaim(after(woken), new Map(), 'me', wake);
  assert(isRefusal(idle) && idle.refused === 'NO_PENDING_WORK');
});

test('decideAnswered acks what was told, of the streams that are still the same, and ends the wake', () => {
  const ended = { event: 'ended', why: 'done' };
  const acked = { event: 'acked', acks: [{ stream: 'a', offset: 3 }] };
  assert.deepEqual(decideAnswered(after(woken), 'w5', pending), [acked, ended]);
  assert.deepEqual(decideAnswered(after(woken), 'w5', new Map([['a', tailOf(9, 'other')]])), [ended], 'created anew');
  assert.deepEqual(decideAnswered(after(woken), 'w5', new Map([['b', tailOf(9)]])), [ended], 'not linked any more');
  assert.deepEqual(decideAnswered(after(woken), 'w5', new Map([['a', tailOf(1)]])), [ended], 'acked further meanwhile');
});

test('decideAnswered takes an answer that does not say "done" for a hold, once', () => {
  assert.deepEqual(decideAnswered(after(woken), 'w5', undefined), [{ event: 'held', holder: 'webhook' }]);
  assert.deepEqual(decideAnswered(after(woken, held), 'w5', undefined), []);
});

test('decideAnswered means nothing for a wake that has ended', () => {
  for (const done of [pending, undefined]) {
    assert.deepEqual(decideAnswered(after(), 'w4', done), []);
    assert.deepEqual(decideAnswered(after(woken), 'w4', done), []);
    assert.deepEqual(decideAnswered(after(woken, held), 'w4', done), []);
  }
});

test('decideExpired ends what is held, decideVoid what nobody holds', () => {
  assert.deepEqual(decideExpired(after(woken, held)), [{ event: 'ended', why: 'expired' }]);
  assert.deepEqual(decideVoid(after(woken)), [{ event: 'ended', why: 'void' }]);
  for (const state of [after(), after(woken)]) assert.deepEqual(decideExpired(state), []);
  for (const state of [after(), after(woken, held)]) assert.deepEqual(decideVoid(state), []);
});
