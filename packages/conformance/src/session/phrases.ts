/** Steps that many cases begin or end with. */
import type { Amount, Step, Value } from './case.ts';
import { capture } from './words.ts';

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
