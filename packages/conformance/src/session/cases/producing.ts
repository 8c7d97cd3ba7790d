import type { Case, Value } from '../case.ts';
import { acknowledges, batch, calls, opens, produce, publish, rejected, stores, tail } from '../phrases.ts';
import { capture, picked } from '../words.ts';

/** A `produce` that is refused. */
const refused = (
  name: string,
  code: string,
  why: string,
  clause: string,
  fields: { readonly [name: string]: Value },
): Case => ({
  name: `produce: ${name} is ${code}`,
  clause,
  why,
  steps: [{ greet: {} }, { say: produce(fields) }, rejected(code), { quiet: true }],
});

const unavailable = 'durabilityUnavailable';

/** Section 5: channels, epochs, durability and witnesses. */
export const producingCases: readonly Case[] = [
  {
    name: 'produce: without an epoch it is the next one, and whoever writes under the older is fenced [P2]',
    clause: '5.1',
    why: 'Two lives of one producer must never both write.',
    steps: [
      { greet: {}, on: 'old' },
      ...opens({}, 'old'),
      ...stores(['a'], 0, 'old'),
      { greet: {}, on: 'new' },
      { say: produce(), on: 'new' },
      { expect: { type: 'producing', channel: 1, epoch: 1, sequence: 0, tail: 1 }, on: 'new' },
      // Until the new life has stored something, the old one still may.
      { publish: { channel: 1, batches: [batch(1, 'b')] }, on: 'old' },
      ...acknowledges(1, 'old'),
      { publish: { channel: 1, batches: [{ sequence: 0, epoch: 1, records: ['c'] }] }, on: 'new' },
      ...acknowledges(0, 'new'),
      { publish: { channel: 1, batches: [batch(2, 'never')] }, on: 'old' },
      { expect: { type: 'rejected', channel: 1, sequence: 2, code: 'staleEpoch' }, on: 'old' },
      { say: produce({ epoch: 0 }), on: 'old' },
      { expect: { type: 'rejected', channel: 1, code: 'staleEpoch' }, on: 'old' },
      { say: { type: 'call', id: 1, method: 'streams.info', params: { stream: '$stream' } }, on: 'new' },
      { expect: { type: 'result', id: 1, value: { tail: 3 } }, on: 'new' },
    ],
  },
  {
    name: 'produce: with its epoch a producer goes on where the stream remembers it [P2]',
    clause: '5.1',
    why: 'Coming back must cost neither a record nor an epoch.',
    steps: [
      { greet: {} },
      ...opens(),
      ...stores(['a', 'b']),
      { say: produce({ epoch: 0 }) },
      { expect: { type: 'producing', channel: 1, epoch: 0, sequence: 2, tail: 2 } },
      ...stores(['c'], 2),
    ],
  },
  {
    name: 'produce: a channel of its own for each producer',
    clause: '5.1',
    why: 'Many producers share a connection.',
    steps: [
      { greet: {} },
      ...opens(),
      { say: produce({ channel: 2, producer: 'second' }) },
      { expect: { type: 'producing', channel: 2, epoch: 0, sequence: 0 } },
      { publish: { channel: 2, batches: [{ sequence: 0, producer: 'second', records: ['b'] }] } },
      { expect: { type: 'receipt', channel: 2, sequence: 0, offset: 0 } },
      ...stores(['a']),
      ...tail(2),
    ],
  },
  {
    name: 'produce: finish answers what is on its way, and takes no more',
    clause: '3',
    why: 'A program that ends must learn of its last records.',
    steps: [
      { greet: {} },
      ...opens(),
      publish(batch(0, 'a')),
      { say: { type: 'finish', channel: 1 } },
      ...acknowledges(0),
      publish(batch(1, 'b')),
      rejected('badRequest'),
      ...tail(1),
    ],
  },
  {
    name: 'produce: finish of a channel that is not open is no error',
    clause: '3',
    why: 'It may have been refused meanwhile.',
    steps: [{ greet: {} }, { say: { type: 'finish', channel: 9 } }, { quiet: true }],
  },
  refused('a stream that does not exist', 'notFound', 'Streams are made on purpose.', '5.1', { create: false }),
  refused('an empty name', 'badName', 'Names are paths without empty parts.', '2', { stream: '' }),
  refused('a name that climbs', 'badName', 'Names are paths without `..`.', '2', { stream: 'a/../b' }),
  refused('a name with a control character', 'badName', 'Names are shown to people.', '2', { stream: 'a\u0000b' }),
  refused('a name of 600 bytes', 'badName', 'Names have at most 512 bytes.', '2', { stream: 'n'.repeat(600) }),
  refused('an empty producer id', 'badName', 'Ids have 1 to 128 bytes.', '2', { producer: '' }),
  refused('a producer id of 200 bytes', 'badName', 'Ids have 1 to 128 bytes.', '2', { producer: 'p'.repeat(200) }),
  refused('a durability that there is not', 'badRequest', 'Levels are memory, replicated, disk.', '5', {
    durability: 'cloud',
  }),
  {
    name: 'produce: a name that objects inherit is a name like any other',
    clause: '2',
    why: 'Names from the wire never reach the objects of a language.',
    steps: [
      { greet: {} },
      { say: produce({ producer: '__proto__' }) },
      { expect: { type: 'producing', channel: 1, epoch: 0, sequence: 0 } },
      { publish: { channel: 1, batches: [{ sequence: 0, producer: '__proto__', records: ['a'] }] } },
      ...acknowledges(0),
      { say: produce({ channel: 2, producer: 'constructor' }) },
      { expect: { type: 'producing', channel: 2, epoch: 0, sequence: 0 } },
    ],
  },
  {
    name: 'produce: another content type is contentTypeMismatch',
    clause: '5.5',
    why: 'A writer that believes in another type would fill the stream with what its readers cannot read.',
    steps: [
      { greet: {} },
      ...opens({ contentType: 'text/plain' }),
      { say: produce({ channel: 2, producer: 'other', contentType: 'TEXT/plain; charset=utf-8' }) },
      { expect: { type: 'producing', channel: 2 } },
      { say: produce({ contentType: 'application/json' }) },
      rejected('contentTypeMismatch'),
    ],
  },
  {
    name: 'produce: another incarnation is refused',
    clause: '2',
    why: 'A stream that was made again is another stream.',
    steps: [{ greet: {} }, ...opens(), { say: produce({ incarnation: 'another' }) }, rejected('incarnationMismatch')],
  },
  {
    name: 'produce: a stream that was deleted is gone, and its name may be used again',
    clause: '7',
    why: 'A writer must not fill a name that somebody has emptied.',
    steps: [
      { greet: {} },
      ...opens(),
      ...stores(['a']),
      ...calls('streams.delete', { stream: '$stream' }),
      { say: produce({ epoch: 0, create: false }) },
      rejected('gone'),
      ...calls('streams.create', { stream: '$stream' }, { kind: 'created', info: { tail: 0 } }),
      { say: produce({ incarnation: '$incarnation' }) },
      rejected('incarnationMismatch'),
    ],
  },
  {
    name: 'durability: what is demanded is reached or refused, never downgraded [P1]',
    clause: '5',
    why: 'A receipt must not promise less than was asked.',
    steps: [
      { greet: {} },
      { say: produce({ durability: '$it.durability' }) },
      { expect: { type: 'producing', channel: 1 } },
      { say: produce({ channel: 2, producer: 'second', durability: 'disk' }) },
      {
        expect: {
          type: picked('$it.durability', { memory: 'rejected', replicated: 'rejected', disk: 'producing' }),
          channel: 2,
          code: picked('$it.durability', { memory: unavailable, replicated: unavailable }),
        },
      },
    ],
  },
  {
    name: 'witness: a receipt of this stream is taken, a forged one and that of another store are wrongStore',
    clause: '5',
    why: 'Only an authentic receipt may freeze a stream.',
    steps: [
      { greet: {} },
      ...opens(),
      publish(batch(0, 'a')),
      { expect: { type: 'receipt', channel: 1, sequence: 0, proof: capture('proof') } },
      { say: produce({ epoch: 0, witness: '$proof' }) },
      { expect: { type: 'producing', channel: 1, sequence: 1 } },
      { say: produce({ epoch: 0, witness: forged({ offset: 1_000 }) }) },
      rejected('wrongStore'),
      { say: produce({ epoch: 0, witness: forged({ storeId: 'another' }) }) },
      rejected('wrongStore'),
      { say: produce({ epoch: 0 }) },
      { expect: { type: 'producing', channel: 1, sequence: 1 } },
      ...calls('streams.witness', { ...forged({}), stream: '$stream' }, { verdict: 'consistent' }),
    ],
  },
];

/** The captured proof, with some fields changed. */
function forged(fields: { readonly [name: string]: Value }): { readonly [name: string]: Value } {
  const names = ['storeId', 'stream', 'incarnation', 'offset', 'checksum', 'durability', 'mac'];
  return { ...Object.fromEntries(names.map((name) => [name, `$proof.${name}`])), ...fields };
}
