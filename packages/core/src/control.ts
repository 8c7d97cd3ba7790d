/**
 * Control messages of the session door: JSON text frames with a `type`. One table per direction gives
 * each message's fields; types and validation both come from it. Unknown types and unknown fields are refused.
 */
import { PacketboatError } from './errors.ts';
import { quoted } from './names.ts';
import { type Field, type MessageOf, type Shape, checkShape } from './shape.ts';

/** The WebSocket subprotocol, and the version `hello` names. */
export const subprotocol = 'packetboat.v1';
export const protocolVersion = 1;

const proof = {
  storeId: 'text',
  stream: 'text',
  incarnation: 'text',
  offset: 'integer',
  checksum: 'integer',
  durability: 'text',
  mac: 'text',
} as const satisfies Shape;

/** What a client says. */
export const clientMessages = {
  /** First message of every connection. */
  hello: {
    protocol: 'integer',
    client: 'text',
    auth: 'text?',
    /**
     * Goes on in a session: its name and the token that its first welcome told. `attempt` counts the hellos of one `life`
     * of the client, so that one that was held up on its way does not take over from a later one.
     */
    resume: { optional: { session: 'text', token: 'text', life: 'text?', attempt: 'integer?' } },
  },
  /**
   * Opens a channel for one producer of one stream. Without `epoch` the server starts the producer's next epoch.
   * `create` makes the stream if its name was never used. `durability` is demanded, never downgraded (P1).
   */
  produce: {
    channel: 'integer',
    stream: 'text',
    producer: 'text',
    epoch: 'integer?',
    incarnation: 'text?',
    create: 'boolean?',
    contentType: 'text?',
    durability: 'text?',
    witness: { optional: proof },
  },
  /** Closes a channel; batches not yet acknowledged are still decided. */
  finish: { channel: 'integer' },
  /** Reads a stream. `credit` is how many bytes may be sent before more is granted. */
  subscribe: {
    sub: 'integer',
    stream: 'text',
    from: { shape: { at: 'text', offset: 'integer?' } },
    /** Name of the durable cursor that `commit` moves, and that `from: {at: 'cursor'}` starts at. */
    cursor: 'text?',
    incarnation: 'text?',
    credit: 'integer',
  },
  /** Grants `bytes` more credit. */
  credit: { sub: 'integer', bytes: 'integer' },
  /** Moves the subscription's cursor: everything before `offset` is done with. */
  commit: { sub: 'integer', offset: 'integer' },
  unsubscribe: { sub: 'integer' },
  /**
   * Calls a method; answered by `result` or `error` with the same id. With a `key`, the same call made again has no second
   * effect and gets the first answer, for `callKeyMs`, on whatever connection.
   */
  call: { id: 'integer', method: 'text', params: 'json', key: 'text?' },
  /** Says: I am alive. */
  heartbeat: {},
  /** How many bytes of binary messages arrived since the connection began. */
  received: { bytes: 'integer' },
  /**
   * Begins the session's sequence, or goes on in it: its numbers from `index` on are wanted, one per tick. Without `n` the
   * server draws how many there are. Answered by `sequenceBegun` or `sequenceRefused`.
   */
  sequence: { index: 'integer', n: 'integer?', tickMs: 'integer?', algorithm: 'text?' },
  /** The checksum of all that came, or, without one, that no more is wanted: answered by `sequenceEnded`. */
  sum: { checksum: 'text?' },
  /** Ends the session: it will not be resumed. The server closes the connection. */
  bye: {},
} as const satisfies Record<string, Shape>;

/** What a server says. */
export const serverMessages = {
  /** You are in. */
  welcome: {
    session: 'text',
    /** The secret that resumes the session; told only when it is new. */
    token: 'text?',
    /** Whether the session is the one that was asked for. */
    resumed: 'boolean',
    server: 'text',
    store: 'text',
    durability: 'text',
    heartbeatMs: 'integer',
    /** How long the session is kept without a connection. */
    windowMs: 'integer',
    /** How long the key of a call is remembered. */
    callKeyMs: 'integer',
    limits: {
      shape: {
        recordBytes: 'integer',
        batchBytes: 'integer',
        frameBytes: 'integer',
        windowBytes: 'integer',
        windowBatches: 'integer',
        creditBytes: 'integer',
      },
    },
  },
  /** You are not in: the connection is closed after this. */
  refused: { code: 'text', message: 'text', retryAfterMs: 'integer?' },
  /** The channel is open; the next batch carries `epoch` and `sequence`. */
  producing: {
    channel: 'integer',
    stream: 'text',
    incarnation: 'text',
    epoch: 'integer',
    sequence: 'integer',
    tail: 'integer',
  },
  /** Every batch of the channel up to `sequence` is stored; `offset` is where batch `sequence` begins, if remembered. */
  receipt: {
    channel: 'integer',
    sequence: 'integer',
    offset: 'integer?',
    duplicate: 'boolean',
    proof: { shape: proof },
  },
  /** A batch was refused: nothing of it is stored, and later ones of the channel are refused too until it is opened anew. */
  rejected: { channel: 'integer', sequence: 'integer?', code: 'text', message: 'text', retryAfterMs: 'integer?' },
  /** Segments of the stream follow under `number`; the first begins at or before `from`. */
  subscribed: {
    sub: 'integer',
    number: 'integer',
    stream: 'text',
    incarnation: 'text',
    contentType: 'text',
    from: 'integer',
    first: 'integer',
    tail: 'integer',
  },
  /** Records `from` … `to` (exclusive) are gone; the next segment begins at `to`. */
  gap: { sub: 'integer', from: 'integer', to: 'integer', count: 'integer', reason: 'text' },
  /** Everything before `offset` was sent; what follows is live. Sent once per subscription. */
  caughtUp: { sub: 'integer', offset: 'integer' },
  /** Nothing more will come: the stream was `closed` and read to its end, or `deleted`. */
  ended: { sub: 'integer', reason: 'text', offset: 'integer' },
  committed: { sub: 'integer', offset: 'integer' },
  result: { id: 'integer', value: 'json' },
  /** A call, subscription or commit failed; the connection lives on. */
  error: { id: 'integer?', sub: 'integer?', code: 'text', message: 'text', retryAfterMs: 'integer?' },
  /** Numbers of the sequence follow, from `index` on, and after the last of them its `sum`. */
  sequenceBegun: { index: 'integer', n: 'integer', tickMs: 'integer', algorithm: 'text' },
  /** The number at `index` of the sequence: a uint32. */
  number: { index: 'integer', value: 'integer' },
  /** The checksum of all numbers, as uint32s with the most significant byte first. */
  sum: { count: 'integer', checksum: 'text' },
  /** The server has forgotten the sequence. */
  sequenceEnded: {},
  sequenceRefused: { code: 'text', message: 'text', retryAfterMs: 'integer?' },
  /** The server is about to close this connection. */
  closing: { code: 'text', message: 'text', retryAfterMs: 'integer?' },
  heartbeat: {},
  received: { bytes: 'integer' },
} as const satisfies Record<string, Shape>;

type AnyOf<Messages extends Record<string, Shape>> = {
  [Type in keyof Messages]: { readonly type: Type } & MessageOf<Messages[Type]>;
}[keyof Messages];

export type ClientMessage = AnyOf<typeof clientMessages>;
export type ServerMessage = AnyOf<typeof serverMessages>;

/** @throws {PacketboatError} `badFrame`, naming the field. */
export function parseClientMessage(text: string): ClientMessage {
  return parse(text, clientMessages) as ClientMessage;
}

/** @throws {PacketboatError} `badFrame`, naming the field. */
export function parseServerMessage(text: string): ServerMessage {
  return parse(text, serverMessages) as ServerMessage;
}

export function encodeMessage(message: ClientMessage | ServerMessage): string {
  return JSON.stringify(message);
}

function parse(text: string, messages: Record<string, Shape>): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PacketboatError('badFrame', `Bad control message: ${quoted(text)} is not JSON`);
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof type !== 'string') throw new PacketboatError('badFrame', 'Bad control message: it has no type');
  if (!Object.hasOwn(messages, type)) {
    throw new PacketboatError('badFrame', `Bad control message: type ${quoted(type)} is unknown`);
  }
  const shape: Record<string, Field> = { type: 'text', ...messages[type] };
  checkShape(value, shape, type);
  return value;
}
