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
  readonly streamSeq: string | undefined;
  readonly expectedOffset: 'tail' | 0 | undefined;
  readonly contentType: string | undefined;
  readonly incarnation: 'right' | 'wrong' | undefined;
  readonly create: boolean;
}

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
  | { readonly kind: 'create' | 'close' | 'delete' | 'info'; readonly stream: string }
  | { readonly kind: 'trim' | 'read'; readonly stream: string; readonly at: number }
  | { readonly kind: 'list'; readonly prefix: string; readonly after: string | undefined; readonly limit: number }
  | { readonly kind: 'reopen' }
  | MapCommand;

/** Few names, so that commands meet. */
export const streamNames = ['a', 'a/b', 'é', '__proto__'] as const;
const stream = fc.constantFrom(...streamNames, 'a', 'a', 'a');
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
  streamSeq: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, fc.constantFrom('1', '2', '3')),
  expectedOffset: fc.constantFrom<'tail' | 0 | undefined>(undefined, undefined, undefined, undefined, 'tail', 0),
  contentType: fc.constantFrom(undefined, undefined, undefined, 'text/plain', 'other/kind'),
  incarnation: fc.constantFrom(undefined, undefined, 'right', 'right', 'wrong'),
  create: fc.boolean(),
});

const page = { after: maybe(fc.constantFrom('a', 'a/b', 'k'), 3), limit: fc.integer({ min: 1, max: 3 }) };

/** Commands in random order; `reopen` among them only where the engine can. */
export function storeCommands(canReopen: boolean): fc.Arbitrary<StoreCommand[]> {
  const choices: { weight: number; arbitrary: fc.Arbitrary<StoreCommand> }[] = [
    {
      weight: 12,
      arbitrary: fc.record({ kind: fc.constant('append'), appends: fc.array(append, { minLength: 1, maxLength: 6 }) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('create', 'create', 'info'), stream }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('close', 'delete'), stream }) },
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
    { weight: canReopen ? 1 : 0, arbitrary: fc.record({ kind: fc.constant('reopen') }) },
  ];
  return fc.array(fc.oneof(...choices), { minLength: 1, maxLength: 40, size: 'max' });
}
