import type { Case, Step, Value } from '../case.ts';
import { ends, hello, refuses } from '../phrases.ts';
import { some } from '../words.ts';

const limits = {
  recordBytes: some.integer,
  batchBytes: some.integer,
  frameBytes: some.integer,
  windowBytes: some.integer,
  windowBatches: some.integer,
  creditBytes: some.integer,
};

/** A message that breaks the protocol closes the connection. */
const violation = (name: string, why: string, step: Step): Case => ({
  name: `message: ${name} is badFrame`,
  clause: '3',
  why,
  steps: [{ greet: {} }, step, ...ends('badFrame', 4400)],
});

/** A call of 65,536 bytes. */
const call64KiB = (() => {
  const [before, after] = ['{"type":"call","id":1,"method":"streams.info","params":{"stream":"', '"}}'];
  return `${before}${'x'.repeat(65_536 - before.length - after.length)}${after}`;
})();

const unknown = (value: Value): Step => ({ say: value });

/** Section 1: how a connection begins; section 3: what a message must be. */
export const greetingCases: readonly Case[] = [
  {
    name: 'hello: a welcome tells all that a client needs',
    clause: '1.2',
    why: 'A client takes its limits, heartbeats, window and secret from the welcome.',
    steps: [
      { connect: {} },
      { say: hello },
      {
        expect: {
          type: 'welcome',
          session: some.text,
          token: some.text,
          resumed: false,
          server: some.text,
          store: some.text,
          durability: some.text,
          heartbeatMs: some.integer,
          windowMs: some.integer,
          callKeyMs: some.integer,
          limits,
        },
      },
    ],
  },
  {
    name: 'hello: an unknown version is refused',
    clause: '1.2',
    why: 'A client of another version must be told, not misunderstood.',
    steps: [
      { connect: {} },
      { say: { type: 'hello', protocol: 2, client: 'later' } },
      ...refuses('unknownVersion', 4426),
    ],
  },
  {
    name: 'hello: what comes right behind it is answered after the welcome',
    clause: '1.1',
    why: 'A client saves a round trip by not waiting.',
    steps: [
      { connect: {} },
      { say: hello },
      { say: { type: 'call', id: 1, method: 'store.health', params: {} } },
      { expect: { type: 'welcome' } },
      { expect: { type: 'result', id: 1 } },
    ],
  },
  {
    name: 'hello: what comes behind a hello that is refused is ignored',
    clause: '1.1',
    why: 'Who is not in changes nothing.',
    steps: [
      { connect: {} },
      { say: { type: 'hello', protocol: 99, client: 'later' } },
      { say: { type: 'call', id: 1, method: 'streams.create', params: { stream: '$stream' } } },
      ...refuses('unknownVersion', 4426),
      { greet: {}, on: 'after' },
      { say: { type: 'call', id: 2, method: 'streams.info', params: { stream: '$stream' } }, on: 'after' },
      { expect: { type: 'error', id: 2, code: 'notFound' }, on: 'after' },
    ],
  },
  {
    name: 'hello: another message first is refused',
    clause: '1.1',
    why: 'Nothing is worked on before the server knows who speaks.',
    steps: [{ connect: {} }, { say: { type: 'heartbeat' } }, ...refuses('badFrame', 4400)],
  },
  {
    name: 'hello: a frame first is refused',
    clause: '1.1',
    why: 'Nothing is worked on before the server knows who speaks.',
    steps: [
      { connect: {} },
      { publish: { channel: 1, batches: [{ sequence: 0, records: ['a'] }] } },
      ...refuses('badFrame', 4400),
    ],
  },
  {
    name: 'hello: a second one ends the connection',
    clause: '1.1',
    why: 'A connection belongs to one client for all its life.',
    steps: [{ greet: {} }, { say: hello }, ...ends('badFrame', 4400)],
  },
  {
    name: 'hello: none within 5 s is refused as timeout',
    clause: '1.1',
    why: 'Sockets that say nothing must not fill the server.',
    waits: 'seconds',
    steps: [{ connect: {} }, { expect: { type: 'refused', code: 'timeout' }, withinMs: 8_000 }, { closed: [4001] }],
  },
  {
    name: 'hello: more than 8 KiB before the welcome is refused',
    clause: '1.1',
    why: 'Strangers get no memory.',
    steps: [
      { connect: {} },
      { say: { type: 'hello', protocol: 1, client: 'x'.repeat(9_000) } },
      ...refuses('tooLarge', 4413),
    ],
  },
  {
    name: 'upgrade: another subprotocol gets 400',
    clause: '1',
    why: 'A client of another protocol must not be talked to.',
    steps: [{ connect: { protocols: ['something.else'] } }, { status: 400 }],
  },
  {
    name: 'upgrade: a name that is not the server’s gets 421',
    clause: '1',
    why: 'A page that rebinds its own name to this address must not get in.',
    steps: [{ connect: { headers: { Host: 'evil.example' } } }, { status: 421 }],
  },
  {
    name: 'upgrade: the page of a foreign site gets 403',
    clause: '1',
    why: 'A browser sends along what the user may do, whichever page asks.',
    steps: [{ connect: { headers: { Origin: 'https://evil.example' } } }, { status: 403 }],
  },
  {
    name: 'upgrade: the page of no site gets 403 [H13]',
    clause: '1',
    why: '`Origin: null` is what sandboxed foreign pages send.',
    steps: [{ connect: { headers: { Origin: 'null' } } }, { status: 403 }],
  },
  violation('an unknown type', 'A newer client must notice that it is not understood.', unknown({ type: 'dance' })),
  violation(
    'an unknown field',
    'A misspelt option must not be ignored.',
    unknown({ type: 'credit', sub: 1, bytes: 1, more: 1 }),
  ),
  violation('a missing field', 'Half a message means nothing.', unknown({ type: 'credit', sub: 1 })),
  violation('a field of another type', 'Numbers are numbers.', unknown({ type: 'credit', sub: '1', bytes: 1 })),
  violation('a negative number', 'Integers are in 0 … 2^53 − 1.', unknown({ type: 'credit', sub: -1, bytes: 1 })),
  violation('a number with a fraction', 'Integers are integers.', unknown({ type: 'credit', sub: 0.5, bytes: 1 })),
  violation('2^53', 'Beyond it JSON numbers are not exact.', {
    text: '{"type":"credit","sub":9007199254740992,"bytes":1}',
  }),
  violation('a lone surrogate', 'It cannot be stored as UTF-8.', {
    text: '{"type":"call","id":1,"method":"\\ud800","params":{}}',
  }),
  violation('text that is not JSON', 'Control messages are JSON.', { text: '{"type":' }),
  violation('JSON that is no object', 'Control messages are objects.', { text: '["heartbeat"]' }),
  violation('a type that objects inherit', 'Names from the wire are looked up among the known ones only.', {
    text: '{"type":"constructor"}',
  }),
  {
    name: 'message: a text of 64 KiB is read',
    clause: '1',
    why: 'A client sends what the document lets it send.',
    steps: [{ greet: {} }, { text: call64KiB }, { expect: { type: 'error', id: 1, code: 'badName' } }],
  },
  {
    name: 'message: a text of more than 64 KiB is tooLarge',
    clause: '1',
    why: 'Control messages are small; what is large travels in frames.',
    steps: [
      { greet: {} },
      { text: JSON.stringify({ type: 'heartbeat', x: 'x'.repeat(70_000) }) },
      ...ends('tooLarge', 4413),
    ],
  },
];
