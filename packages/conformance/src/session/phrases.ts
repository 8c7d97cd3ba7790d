/** Steps that many cases begin or end with. */
import type { Amount, Step, Value } from './case.ts';
import { capture, some } from './words.ts';

type Fields = Readonly<Record<string, Value>>;

export const hello: Value = { type: 'hello', protocol: 1, client: 'conformance suite' };

/** The server says why it closes, and closes. */
export const ends = (code: string, close: number, on = 'it'): readonly Step[] => [
  { expect: { type: 'closing', code }, past: ['receipt'], on },
  { closed: [close], on },
];

/** The server does not let the client in. */
export const refuses = (code: string, close: number, on = 'it'): readonly Step[] => [
  { expect: { type: 'refused', code }, on },
  { closed: [close], on },
];

/** Asks for channel 1, for the case's producer, in the case's stream. */
export const produce = (fields: Fields = {}): Value => ({
  type: 'produce',
  channel: 1,
  stream: '$stream',
  producer: '$producer',
  create: true,
  ...fields,
});

/** Opens channel 1 in a new stream, in epoch 0. */
export const opens = (fields: Fields = {}, on = 'it'): readonly Step[] => [
  { say: produce(fields), on },
  { expect: { type: 'producing', channel: 1, epoch: 0, sequence: 0, incarnation: capture('incarnation') }, on },
];

/** Publishes records on channel 1, one batch each, beginning with a sequence, and waits until all are acknowledged. */
export const stores = (records: readonly string[], sequence = 0, on = 'it'): readonly Step[] => [
  {
    publish: {
      channel: 1,
      batches: records.map((record, index) => ({ sequence: sequence + index, records: [record] })),
    },
    on,
  },
  ...acknowledges(sequence + records.length - 1, on),
];

/** A receipt that stands for everything up to a sequence; earlier ones may come. */
export const acknowledges = (sequence: number, on = 'it', fields: Fields = {}): readonly Step[] => [
  { until: { type: 'receipt', channel: 1, sequence, ...fields }, on },
];

/** Asks to read the case's stream from its start, as subscription 1. */
export const subscribe = (fields: Fields = {}): Value => ({
  type: 'subscribe',
  sub: 1,
  stream: '$stream',
  from: { at: 'start' },
  credit: 65_536,
  ...fields,
});

/** Makes a call, and expects its result. */
export const calls = (method: string, params: Value, value: Value = {}, on = 'it'): readonly Step[] => [
  { say: { type: 'call', id: 900, method, params }, on },
  { expect: { type: 'result', id: 900, value }, past: ['receipt'], on },
];

/** Creates the case's stream. */
export const creates = (fields: Fields = {}): readonly Step[] =>
  calls('streams.create', { stream: '$stream', contentType: 'text/plain', ...fields }, { kind: 'created' });

/** Everybody else goes on: another connection is let in and answered. */
export const alive: readonly Step[] = [
  { greet: {}, on: 'another' },
  { quiet: true, on: 'another' },
];

/** Waits so long, and then some, for clocks that differ. */
export const passes = (ms: Amount): Step => ({ waitMs: { $sum: [ms, 300] } });

/** A batch of the case's producer, in epoch 0. */
export const batch = (sequence: number, ...records: readonly string[]) => ({ sequence, records });

/** Publishes batches on channel 1, in one frame. */
export const publish = (...batches: readonly ReturnType<typeof batch>[]): Step => ({
  publish: { channel: 1, batches },
});

/** Channel 1 is refused, or a batch of it. */
export const rejected = (code: string, sequence: Value = some.absent): Step => ({
  expect: { type: 'rejected', channel: 1, code, sequence },
});

/** The case's stream has so many records. */
export const tail = (records: number): readonly Step[] =>
  calls('streams.info', { stream: '$stream' }, { tail: records });

/** A stream with such records, written on another connection, and a reader that is in. */
export const filled = (...records: readonly string[]): readonly Step[] => [
  { greet: {}, on: 'writer' },
  ...opens({ contentType: 'text/plain' }, 'writer'),
  ...stores(records, 0, 'writer'),
  { greet: {} },
];

/** Subscription 1 is open. */
export const subscribed = (fields: Fields = {}): Step => ({
  expect: {
    type: 'subscribed',
    sub: 1,
    stream: '$stream',
    incarnation: '$incarnation',
    number: some.integer,
    ...fields,
  },
});

/** Subscription 1 was sent all that exists. */
export const caughtUp = (offset: number): Step => ({ expect: { type: 'caughtUp', sub: 1, offset } });

/** Subscription 1, or a commit of it, is refused. */
export const subError = (code: string): Step => ({ expect: { type: 'error', sub: 1, code } });
