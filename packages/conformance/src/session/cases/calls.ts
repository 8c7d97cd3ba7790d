import type { Case, Step, Value } from '../case.ts';
import { calls, creates, opens, passes, stores } from '../phrases.ts';
import { capture, checksumOf, oneOf, some } from '../words.ts';

const call = (id: number, method: string, params: Value, more: { readonly [name: string]: Value } = {}): Step => ({
  say: { type: 'call', id, method, params, ...more },
});
const error = (id: number, code: string): Step => ({ expect: { type: 'error', id, code } });
const fails = (method: string, params: Value, code: string): readonly Step[] => [
  call(800, method, params),
  error(800, code),
];

/** Section 7: calls, and the keys that make them effective once. */
export const callCases: readonly Case[] = [
  {
    name: 'call: streams.create makes a stream once, streams.info tells of it',
    clause: '7',
    why: 'A stream that exists stays as it is.',
    steps: [
      { greet: {} },
      ...calls(
        'streams.create',
        { stream: '$stream', contentType: 'text/plain', ageMsMax: 60_000 },
        { kind: 'created' },
      ),
      ...calls(
        'streams.create',
        { stream: '$stream', contentType: 'text/html' },
        { kind: 'exists', info: { contentType: 'text/plain' } },
      ),
      ...calls(
        'streams.info',
        { stream: '$stream' },
        {
          stream: '$stream',
          incarnation: some.text,
          lineage: some.text,
          contentType: 'text/plain',
          createdNs: some.text,
          retention: { ageMsMax: 60_000 },
          closed: false,
          first: 0,
          firstChecksum: 0,
          tail: 0,
          checksum: 0,
          bytes: some.integer,
          loss: some.absent,
        },
      ),
    ],
  },
  {
    name: 'call: streams.info tells checksum and count of what was stored [P5]',
    clause: '7',
    why: 'Anybody can compare them with his own.',
    steps: [
      { greet: {} },
      ...opens(),
      ...stores(['a', 'bc']),
      ...calls('streams.info', { stream: '$stream' }, { tail: 2, checksum: checksumOf('abc') }),
    ],
  },
  {
    name: 'call: lists are told in pages, by name',
    clause: '7',
    why: 'A million streams do not fit into one message.',
    steps: [
      { greet: {} },
      ...creates(),
      ...calls('streams.create', { stream: '$other' }),
      call(1, 'streams.list', { prefix: '$stream', limit: 1 }),
      { expect: { type: 'result', id: 1, value: { streams: [{ stream: '$stream' }], next: capture('next') } } },
      call(2, 'streams.list', { prefix: '$stream', limit: 10, after: '$next' }),
      { expect: { type: 'result', id: 2, value: { streams: [{ stream: '$other' }], next: some.absent } } },
    ],
  },
  {
    name: 'call: a fork begins with what its source holds',
    clause: '7',
    why: 'History is shared, not copied.',
    steps: [
      { greet: {} },
      ...opens(),
      ...stores(['a', 'b']),
      ...calls(
        'streams.create',
        { stream: '$other', fork: { stream: '$stream', offset: 1 } },
        { kind: 'created', info: { tail: 1 } },
      ),
    ],
  },
  {
    name: 'call: cursors are moved, listed and forgotten',
    clause: '7',
    why: 'A cursor is a place that somebody keeps.',
    steps: [
      { greet: {} },
      ...opens(),
      ...stores(['a', 'b']),
      ...calls(
        'cursors.move',
        { stream: '$stream', cursor: 'w', offset: 1 },
        { offset: 1, incarnation: '$incarnation' },
      ),
      ...calls('cursors.list', { stream: '$stream' }, { cursors: [{ cursor: 'w', offset: 1 }] }),
      ...fails('cursors.move', { stream: '$stream', cursor: 'w', offset: 0 }, 'cursorRegressed'),
      ...fails('cursors.move', { stream: '$stream', cursor: 'w', offset: 3 }, 'cursorAhead'),
      ...fails(
        'cursors.move',
        { stream: '$stream', cursor: 'w', offset: 2, incarnation: 'another' },
        'incarnationMismatch',
      ),
      ...calls('cursors.delete', { stream: '$stream', cursor: 'w' }),
      ...fails('cursors.get', { stream: '$stream', cursor: 'w' }, 'notFound'),
    ],
  },
  {
    name: 'call: streams.delete leaves a name that is gone, and takes the cursors along',
    clause: '7',
    why: 'A deleted name is remembered.',
    steps: [
      { greet: {} },
      ...creates(),
      ...calls('cursors.move', { stream: '$stream', cursor: 'w', offset: 0 }),
      ...calls('streams.delete', { stream: '$stream' }),
      ...fails('streams.info', { stream: '$stream' }, 'gone'),
      ...creates(),
      ...fails('cursors.get', { stream: '$stream', cursor: 'w' }, 'notFound'),
    ],
  },
  {
    name: 'call: an unknown method is unknownMethod, and the connection goes on',
    clause: '7',
    why: 'A newer client must be able to ask.',
    steps: [{ greet: {} }, ...fails('streams.explode', {}, 'unknownMethod'), { quiet: true }],
  },
  {
    name: 'call: a method that objects inherit is unknownMethod',
    clause: '7',
    why: 'Names from the wire are looked up among the known ones only.',
    steps: [{ greet: {} }, ...fails('constructor', {}, 'unknownMethod'), ...fails('__proto__', {}, 'unknownMethod')],
  },
  {
    name: 'call: parameters that are unknown, missing or of another type are badRequest',
    clause: '7',
    why: 'A misspelt parameter must not be ignored.',
    steps: [
      { greet: {} },
      ...fails('streams.info', { stream: '$stream', more: 1 }, 'badRequest'),
      ...fails('streams.info', {}, 'badRequest'),
      ...fails('streams.info', { stream: 1 }, 'badRequest'),
      ...fails('streams.info', [], 'badRequest'),
      ...fails('streams.trim', { stream: '$stream', before: -1 }, 'badRequest'),
    ],
  },
  {
    name: 'call: a stream that there is not is notFound, a bad name badName',
    clause: '7',
    why: 'A typing error must be told.',
    steps: [
      { greet: {} },
      ...fails('streams.info', { stream: '$stream' }, 'notFound'),
      ...fails('streams.trim', { stream: '$stream', before: 0 }, 'notFound'),
      ...fails('streams.info', { stream: '/a' }, 'badName'),
    ],
  },
  {
    name: 'call: each gets the answer with its id',
    clause: '7',
    why: 'Results may come in another order than the calls.',
    steps: [
      { greet: {} },
      call(11, 'store.health', {}),
      call(12, 'streams.info', { stream: '$stream' }),
      { expect: oneOf({ type: 'result', id: 11 }, { type: 'error', id: 12, code: 'notFound' }) },
      { expect: oneOf({ type: 'result', id: 11 }, { type: 'error', id: 12, code: 'notFound' }) },
      { quiet: true },
    ],
  },
  {
    name: 'key: the same call made again has no second effect, and the first answer',
    clause: '7',
    why: 'A call whose answer was lost is made again.',
    steps: [
      { greet: {} },
      call(1, 'streams.create', { stream: '$stream' }, { key: '$key' }),
      { expect: { type: 'result', id: 1, value: { kind: 'created', info: { incarnation: capture('first') } } } },
      ...calls('streams.delete', { stream: '$stream' }),
      call(2, 'streams.create', { stream: '$stream' }, { key: '$key' }),
      { expect: { type: 'result', id: 2, value: { kind: 'created', info: { incarnation: '$first' } } } },
      ...fails('streams.info', { stream: '$stream' }, 'gone'),
    ],
  },
  {
    name: 'key: it holds across connections, resumed or not',
    clause: '7',
    why: 'The answer is lost when the link is.',
    steps: [
      { greet: {} },
      call(1, 'streams.create', { stream: '$stream' }, { key: '$key' }),
      { cut: 'fin' },
      { greet: { resume: { session: '$it.session', token: '$it.token' } } },
      call(2, 'streams.create', { stream: '$stream' }, { key: '$key' }),
      // Whether the first one arrived is not known: it took effect once in any case.
      { expect: { type: 'result', id: 2, value: { kind: 'created', info: { incarnation: capture('first') } } } },
      { greet: {}, on: 'stranger' },
      {
        say: { type: 'call', id: 3, method: 'streams.create', params: { stream: '$stream' }, key: '$key' },
        on: 'stranger',
      },
      {
        expect: { type: 'result', id: 3, value: { kind: 'created', info: { incarnation: '$first' } } },
        on: 'stranger',
      },
    ],
  },
  {
    name: 'key: the second call waits for the answer of the first',
    clause: '7',
    why: 'Two at once must not take effect twice.',
    steps: [
      { greet: {} },
      call(1, 'streams.create', { stream: '$stream' }, { key: '$key' }),
      call(2, 'streams.create', { stream: '$stream' }, { key: '$key' }),
      { expect: { type: 'result', value: { kind: 'created' } } },
      { expect: { type: 'result', value: { kind: 'created' } } },
    ],
  },
  {
    name: 'key: refusals are kept too',
    clause: '7',
    why: 'The first answer is the answer.',
    steps: [
      { greet: {} },
      call(1, 'streams.trim', { stream: '$stream', before: 0 }, { key: '$key' }),
      error(1, 'notFound'),
      ...creates(),
      call(2, 'streams.trim', { stream: '$stream', before: 0 }, { key: '$key' }),
      error(2, 'notFound'),
    ],
  },
  {
    name: 'key: another call under it is keyReused',
    clause: '7',
    why: 'A key stands for one call.',
    steps: [
      { greet: {} },
      call(1, 'streams.create', { stream: '$stream' }, { key: '$key' }),
      { expect: { type: 'result', id: 1 } },
      call(2, 'streams.create', { stream: '$other' }, { key: '$key' }),
      error(2, 'keyReused'),
      call(3, 'streams.delete', { stream: '$stream' }, { key: '$key' }),
      error(3, 'keyReused'),
      ...calls('streams.info', { stream: '$stream' }, { stream: '$stream' }),
    ],
  },
  {
    name: 'key: of no or of 300 characters it is badRequest',
    clause: '7',
    why: 'Keys are kept, so they are small.',
    steps: [
      { greet: {} },
      call(1, 'streams.create', { stream: '$stream' }, { key: '' }),
      error(1, 'badRequest'),
      call(2, 'streams.create', { stream: '$stream' }, { key: 'k'.repeat(300) }),
      error(2, 'badRequest'),
      ...fails('streams.info', { stream: '$stream' }, 'notFound'),
    ],
  },
  {
    name: 'key: it is forgotten after callKeyMs',
    clause: '7',
    why: 'What is kept is bounded, and the welcome tells how long.',
    waits: 'minutes',
    steps: [
      { greet: {} },
      call(1, 'streams.create', { stream: '$stream' }, { key: '$key' }),
      { expect: { type: 'result', id: 1, value: { kind: 'created' } } },
      ...calls('streams.delete', { stream: '$stream' }),
      passes('$it.callKeyMs'),
      call(2, 'streams.info', { stream: '$stream' }, { key: '$key' }),
      error(2, 'gone'),
      call(3, 'streams.create', { stream: '$stream' }, { key: '$key' }),
      { expect: { type: 'result', id: 3, value: { kind: 'created' } } },
      ...calls('streams.info', { stream: '$stream' }, { tail: 0 }),
    ],
  },
];
