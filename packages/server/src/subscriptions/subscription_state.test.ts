import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '@packetboat/core';
import fc from 'fast-check';
import { encodeOffset } from '../doors/streams/offset_token.ts';
import { decideAck, decideRelease } from './decide_ack.ts';
import { decideLink, decideNews, decideUnlink, type FoundStream } from './decide_links.ts';
import { decideAnswered, decideClaim, decideExpired, decideVoid, decideWake } from './decide_wake.ts';
import { firstPending, type Tail, type Tails } from './link_info.ts';
import { isRefusal, type Refusal } from './refusal.ts';
import { StreamPattern } from './stream_pattern.ts';
import { foldEvent, stateEvent, type SubscriptionEvent, type SubscriptionState } from './subscription_state.ts';
import { makeToken } from './wake_token.ts';

const names = ['in/a', 'in/b', 'out/c'] as const;
const pattern = new StreamPattern('in/*');

/** A store of three streams, one subscription, and whoever acts in its wakes: all by the pure decisions. */
class Model {
  readonly streams = new Map<string, Tail>();
  readonly events: SubscriptionEvent[] = [];
  /** Every token that was given out, with the wake it was for and what was told of it. */
  readonly tokens: {
    readonly wakeId: string;
    readonly generation: number;
    readonly token: string;
    readonly told: Tails;
  }[] = [];
  state: SubscriptionState;
  #made = 0;

  constructor(type: 'webhook' | 'pull-wake') {
    const config = { type, pattern: pattern.text, streams: [], leaseMs: 1_000 };
    this.state = { config, origin: '', createdMs: 0, generation: 0, wake: undefined, links: new Map() };
    this.events.push(stateEvent(this.state));
  }

  take(decision: readonly SubscriptionEvent[] | Refusal): boolean {
    if (isRefusal(decision)) return false;
    const before = this.state;
    // What is stored is what is folded at the next start.
    const stored = JSON.parse(JSON.stringify(decision)) as SubscriptionEvent[];
    this.events.push(...stored);
    this.state = stored.reduce(foldEvent, before);
    this.check(before);
    return true;
  }

  check(before: SubscriptionState): void {
    assert(this.state.generation >= before.generation, 'generations never go back');
    for (const [stream, { acked, incarnation, explicit }] of this.state.links) {
      assert(explicit || pattern.matches(stream), 'what nobody asked for is not linked');
      const tail = this.streams.get(stream);
      if (tail?.incarnation === incarnation)
        assert((acked ?? 0) <= (tail?.tail ?? 0), 'nothing is acked past the tail');
      const earlier = before.links.get(stream);
      if (earlier?.incarnation === incarnation) assert((acked ?? 0) >= (earlier?.acked ?? 0), 'an ack is never lost');
    }
    const { wake } = before;
    const isSame =
      wake?.holder === undefined || this.state.wake === undefined || this.state.wake.wakeId === wake.wakeId;
    assert(isSame, 'a wake that is held is given to nobody else before it ends');
  }

  found(stream: string): FoundStream {
    return { stream, info: this.streams.get(stream) };
  }

  newWake() {
    this.#made += 1;
    let byte = this.#made;
    const random = {
      fraction: () => 0,
      bytes: (length: number) => Uint8Array.from({ length }, () => (byte++ * 31) & 255),
    };
    const { token, tokenHash } = makeToken(random);
    const wakeId = `w_${this.#made}`;
    return { token, wake: { wakeId, tokenHash } };
  }

  append(stream: string): void {
    this.#made += 1;
    const incarnation = `${this.#made}`.padStart(16, '0');
    const known = this.streams.get(stream) ?? { incarnation, lineage: incarnation, tail: 0, work: 0 };
    this.streams.set(stream, { ...known, tail: known.tail + 1, work: known.tail + 1 });
  }

  give(token: string): void {
    const { wakeId, generation } = this.state.wake ?? assert.fail('there is a wake');
    this.tokens.push({ wakeId, generation, token, told: new Map(this.streams) });
  }
}

const commands: Readonly<Record<string, (model: Model, pick: number) => void>> = {
  append: (model, pick) => model.append(names[pick % names.length] ?? ''),
  remove: (model, pick) => model.streams.delete(names[pick % names.length] ?? ''),
  news: (model) =>
    model.take(
      decideNews(
        model.state,
        names.map((name) => model.found(name)),
        pattern,
      ),
    ),
  link: (model, pick) => model.take(decideLink(model.state, [model.found(names[pick % 3] ?? '')], defaultLimits)),
  unlink: (model, pick) => {
    const name = names[pick % 3] ?? '';
    model.take(decideUnlink(model.state, name, pattern.matches(name)));
  },
  wake: (model) => {
    const { token, wake } = model.newWake();
    const isWebhook = model.state.config.type === 'webhook';
    const { generation } = model.state;
    model.take(decideWake(model.state, model.streams, isWebhook ? wake : { wakeId: wake.wakeId }));
    if (isWebhook && model.state.generation > generation) model.give(token);
  },
  claim: (model) => {
    if (model.state.config.type === 'webhook') return;
    const { token, wake } = model.newWake();
    const held = model.state.wake?.holder;
    if (!model.take(decideClaim(model.state, model.streams, 'worker', wake))) return;
    assert.equal(held, undefined, 'what is held cannot be claimed');
    model.give(token);
  },
  answered: (model, pick) => {
    if (model.state.config.type !== 'webhook' || model.tokens.length === 0) return;
    const { wakeId, told } = model.tokens[pick % model.tokens.length] ?? assert.fail();
    const events = decideAnswered(model.state, wakeId, pick % 2 === 0 ? told : undefined);
    if (wakeId !== model.state.wake?.wakeId) assert.deepEqual(events, [], 'a late answer means nothing');
    model.take(events);
  },
  ack: (model, pick) => {
    const presented = model.tokens[pick % Math.max(1, model.tokens.length)];
    if (presented === undefined) return;
    const stream = names[pick % 3] ?? '';
    const tail = model.streams.get(stream);
    const token = tail === undefined ? '-1' : encodeOffset(tail, Math.max(0, tail.tail + (pick % 4) - 2));
    const acks = pick % 5 === 0 ? [] : [{ stream, token }];
    const current = presented.wakeId === model.state.wake?.wakeId;
    const decision = decideAck(model.state, model.streams, { ...presented, acks, done: pick % 2 === 0 });
    if (isRefusal(decision)) {
      assert.equal(decision.refused, current ? 'INVALID_OFFSET' : 'FENCED');
      return;
    }
    assert(current, 'only the current wake is acked');
    model.take(decision.events);
  },
  release: (model, pick) => {
    const presented = model.tokens[pick % Math.max(1, model.tokens.length)];
    if (presented === undefined) return;
    const current = presented.wakeId === model.state.wake?.wakeId;
    assert.equal(model.take(decideRelease(model.state, presented)), current);
  },
  expire: (model) => void model.take(decideExpired(model.state)),
  void: (model) => {
    if (firstPending(model.state, model.streams) === undefined) model.take(decideVoid(model.state));
  },
};

for (const type of ['webhook', 'pull-wake'] as const) {
  test(`foldEvent of ${type}: whatever is decided in whatever order, wakes are fenced, acks kept, and a restart forgets nothing [P4] [I5]`, () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(commands)), fc.nat(1_000)), {
      minLength: 30,
      maxLength: 120,
      size: 'max',
    });
    fc.assert(
      fc.property(steps, fc.nat(120), (list, cut) => {
        const model = new Model(type);
        for (const [index, [name, pick]] of list.entries()) {
          commands[name]?.(model, pick);
          // A compaction anywhere changes nothing.
          if (index === cut) model.take([stateEvent(model.state)]);
        }
        const folded = model.events.reduce<SubscriptionState | undefined>(foldEvent, undefined);
        assert.deepEqual(
          JSON.parse(JSON.stringify(stateEvent(folded ?? assert.fail()))),
          JSON.parse(JSON.stringify(stateEvent(model.state))),
        );
        const last = model.events.findLastIndex(({ event }) => event === 'state');
        assert.deepEqual(model.events.slice(last).reduce<SubscriptionState | undefined>(foldEvent, undefined), folded);
      }),
      { numRuns: 300 },
    );
  });
}

test('foldEvent refuses what no decision makes', () => {
  const { state } = new Model('pull-wake');
  const impossible: SubscriptionEvent[] = [
    { event: 'ended', why: 'done' },
    { event: 'held', holder: 'x' },
    { event: 'woken', generation: 7, wakeId: 'w' },
    { event: 'acked', acks: [{ stream: 'in/a', offset: 1 }] },
  ];
  for (const event of impossible) assert.throws(() => foldEvent(state, event), { code: 'internal' }, event.event);
  assert.throws(() => foldEvent(undefined, { event: 'moved', origin: '' }), { code: 'internal' });
  const unknown = { event: 'unheard-of' } as unknown as SubscriptionEvent;
  assert.throws(() => foldEvent(state, unknown), { code: 'damaged' });
});
