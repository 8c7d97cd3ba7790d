import * as fc from 'fast-check';

/** One append of a burst; what it means exactly depends on what was sent before. */
export interface AppendPlan {
  readonly stream: string;
  readonly producer: string | undefined;
  /** `next`: the sequence that is due; `again`: a batch sent before; `wild`: whatever `epoch` and `sequence` say. */
  readonly how: 'next' | 'again' | 'wild';
  readonly epoch: number;
  readonly sequence: number;
  readonly texts: readonly string[];
  readonly close: boolean;
  readonly key: string | undefined;
  readonly keyMs: number | undefined;
  readonly streamSeq: string | undefined;
  readonly expectedOffset: 'tail' | 0 | undefined;
  readonly contentType: string | undefined;
  readonly incarnation: 'right' | 'wrong' | undefined;
  readonly create: boolean;
}

/** Where a fork leaves its source: `at` the tail unless it says how far along what both stores hold. */
export interface ForkPlan {
  readonly stream: string;
  readonly at: number | undefined;
  readonly subOffset: number;
}

/** A sliding lifetime, or an absolute one so far from now. */
export type LifetimePlan = { readonly ttlMs: number } | { readonly inMs: number };

/** What has to do with time. `at` is a part of the time that has passed. */
export type TimeCommand =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'touch'; readonly stream: string }
  | { readonly kind: 'offsetAtTime'; readonly stream: string; readonly at: number };

/** What is done to both Maps. */
export type MapCommand =
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: Uint8Array;
      readonly expected: 'current' | 'absent' | 'wrong' | undefined;
    }
  | { readonly kind: 'remove'; readonly key: string; readonly expected: 'current' | 'wrong' | undefined }
  | { readonly kind: 'listMap'; readonly prefix: string; readonly after: string | undefined; readonly limit: number };

/** What is done to both stores. Numbers between 0 and 1 stand for positions in a stream whose length is not known yet. */
export type StoreCommand =
  | { readonly kind: 'append'; readonly appends: readonly AppendPlan[] }
  | {
      readonly kind: 'create';
      readonly stream: string;
      readonly first: boolean;
      readonly fork: ForkPlan | undefined;
      readonly lifetime: LifetimePlan | undefined;
    }
  | { readonly kind: 'close' | 'delete' | 'info'; readonly stream: string }
  | { readonly kind: 'trim' | 'read'; readonly stream: string; readonly at: number }
  | { readonly kind: 'list'; readonly prefix: string; readonly after: string | undefined; readonly limit: number }
  | { readonly kind: 'reopen' }
  | TimeCommand
  | MapCommand;

/** Few names, so that commands meet. */
export const streamNames = ['a', 'a/b', 'é', '__proto__', 'fork', 'fork/2'] as const;
const stream = fc.constantFrom(...streamNames, 'a', 'a', 'a', 'fork');
const key = fc.constantFrom('k', 'constructor', 'z');
const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 6) => fc.option(arbitrary, { nil: undefined, freq });

const append: fc.Arbitrary<AppendPlan> = fc.record({
  stream,
  producer: fc.option(fc.constantFrom('p', 'q', '__proto__'), { nil: undefined, freq: 4 }),
  how: fc.constantFrom('next', 'next', 'next', 'again', 'wild'),
  epoch: fc.nat(3),
  sequence: fc.nat(4),
  texts: fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 3 }),
  close: fc.oneof({ weight: 40, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  key: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: key }),
  keyMs: fc.constantFrom(undefined, 0, 1_500),
  streamSeq: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, fc.constantFrom('1', '2', '3')),
  expectedOffset: fc.constantFrom<'tail' | 0 | undefined>(undefined, undefined, undefined, undefined, 'tail', 0),
  contentType: fc.constantFrom(undefined, undefined, undefined, 'text/plain', 'other/kind'),
  incarnation: fc.constantFrom(undefined, undefined, 'right', 'right', 'wrong'),
  create: fc.boolean(),
});

const lifetime = maybe<LifetimePlan>(
  fc.oneof(fc.record({ ttlMs: fc.constantFrom(1_000, 3_000) }), fc.record({ inMs: fc.constantFrom(1_000, 4_000) })),
  3,
);
const create = { kind: fc.constant('create'), stream, first: fc.boolean(), lifetime };
const fork: fc.Arbitrary<ForkPlan> = fc.record({
  stream: fc.constantFrom('a', 'a', 'a', 'fork', 'fork/2', 'a/b'),
  at: maybe(fc.double({ min: 0, max: 1.1, noNaN: true }), 3),
  subOffset: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(9) }),
});

const page = { after: maybe(fc.constantFrom('a', 'a/b', 'k'), 3), limit: fc.integer({ min: 1, max: 3 }) };

/** Commands in random order; `reopen` among them only where the engine can. */
export function storeCommands(canReopen: boolean): fc.Arbitrary<StoreCommand[]> {
  const choices: { weight: number; arbitrary: fc.Arbitrary<StoreCommand> }[] = [
    {
      weight: 12,
      arbitrary: fc.record({ kind: fc.constant('append'), appends: fc.array(append, { minLength: 1, maxLength: 6 }) }),
    },
    { weight: 2, arbitrary: fc.record({ ...create, fork: fc.constant(undefined) }) },
    { weight: 4, arbitrary: fc.record({ ...create, stream: fc.constantFrom('fork', 'fork/2', 'a/b', 'a'), fork }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('info'), stream }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('close', 'delete', 'delete', 'delete'), stream }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('trim'), stream, at: fc.double({ min: 0, max: 1, noNaN: true }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('read'), stream, at: fc.double({ min: 0, max: 1.2, noNaN: true }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('list'), prefix: fc.constantFrom('', 'a', 'é'), ...page }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('put'),
        key,
        value: fc.uint8Array({ maxLength: 9 }),
        expected: fc.constantFrom(undefined, 'current', 'absent', 'wrong'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('remove'),
        key,
        expected: fc.constantFrom(undefined, 'current', 'wrong'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('listMap'), prefix: fc.constantFrom('', 'k'), ...page }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.constantFrom(1, 500, 999, 1_000) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('touch'), stream }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('offsetAtTime'),
        stream,
        at: fc.double({ min: 0, max: 1.1, noNaN: true }),
      }),
    },
    { weight: canReopen ? 1 : 0, arbitrary: fc.record({ kind: fc.constant('reopen') }) },
  ];
  return fc.array(fc.oneof(...choices), { minLength: 1, maxLength: 40, size: 'max' });
}
