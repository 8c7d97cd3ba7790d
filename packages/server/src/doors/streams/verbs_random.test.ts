import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import fc from 'fast-check';
import { streamRequest } from '../../testing/stream_request.ts';
import { testBroker } from '../../testing/test_broker.ts';
import { append } from './append.ts';
import { create } from './create.ts';
import { describe } from './describe.ts';
import { read } from './read.ts';
import { remove } from './remove.ts';
import type { StreamAnswer, StreamVerb } from './stream_request.ts';

const verbs = { PUT: create, POST: append, GET: read, HEAD: describe, DELETE: remove } satisfies Record<
  string,
  StreamVerb
>;
type Method = keyof typeof verbs;
type Fields = Readonly<Record<string, string>>;

/** One request. Tokens that the server has given are named by how long ago it gave them. */
interface Step {
  readonly method: Method;
  readonly stream: string;
  readonly json: boolean;
  readonly fields: Fields;
  readonly query: string;
  readonly elements: readonly string[];
  readonly garbage: string | undefined;
  /** How often it is sent: a client that got no answer sends it again. */
  readonly times: number;
}

const small = fc.constantFrom('0', '1', '2', '3');
const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('-1', '1e3', '0x1', '9007199254740993', '00', ' ', '"', '__proto__', 'token:0', 'now', '%00'),
);
/** Mostly `arbitrary`, at times something that is none. */
const mostly = (arbitrary: fc.Arbitrary<string>) => fc.oneof({ weight: 9, arbitrary }, { weight: 1, arbitrary: odd });
const token = fc.oneof(
  fc.nat(4).map((ago) => `token:${ago}`),
  fc.constant('-1'),
);
const stream = fc.constantFrom('s', 't', 'u', 'v', 'w');
const element = fc.constantFrom(
  '0',
  ' 1.50',
  '1e2 ',
  '"\\u0041"',
  '{"a" : 1}',
  '[[]]',
  'null',
  '{"__proto__":{}}',
  '"ä"',
);

/** What is asked for together, and now and then everything at once. */
const wishes = (...each: readonly Record<string, fc.Arbitrary<string>>[]): fc.Arbitrary<Fields> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant({}) },
    ...each.map((wish) => ({ weight: 2, arbitrary: fc.record(wish) })),
    { weight: 1, arbitrary: fc.record(Object.assign({}, ...each), { requiredKeys: [] }) },
  );

const fieldsOf: Record<Method, fc.Arbitrary<Fields>> = {
  PUT: wishes(
    { 'stream-ttl': mostly(fc.constant('60')) },
    { 'stream-expires-at': mostly(fc.constant('2099-01-01T00:00:00Z')) },
    { 'stream-closed': mostly(fc.constant('true')) },
    { 'stream-forked-from': mostly(stream.map((name) => `/v1/stream/${name}`)) },
    {
      'stream-forked-from': mostly(stream.map((name) => `/v1/stream/${name}`)),
      'stream-fork-offset': mostly(token),
      'stream-fork-sub-offset': mostly(small),
    },
  ),
  POST: wishes(
    {
      'producer-id': mostly(fc.constantFrom('p', 'q')),
      'producer-epoch': mostly(fc.constantFrom('0', '0', '1')),
      'producer-seq': mostly(small),
    },
    { 'stream-seq': mostly(small) },
    { 'stream-closed': mostly(fc.constantFrom('true', 'false', 'false')) },
    { 'stream-expected-offset': mostly(token) },
    { 'idempotency-key': mostly(small) },
  ),
  GET: wishes({ 'if-none-match': mostly(fc.constant('*')) }),
  HEAD: fc.constant({}),
  DELETE: fc.constant({}),
};

const isJsonStream = (name: string) => name !== 's';

const queries = fc.oneof(
  fc.constant(''),
  token.map((text) => `offset=${text}`),
  odd.map((text) => `offset=${encodeURIComponent(text)}`),
  fc.tuple(odd, odd).map(([from, to]) => `from-time=${encodeURIComponent(from)}&to-time=${encodeURIComponent(to)}`),
);

const steps = fc.array(
  fc
    .constantFrom<Method[]>('PUT', 'PUT', 'PUT', 'POST', 'POST', 'POST', 'POST', 'POST', 'GET', 'HEAD', 'DELETE')
    .chain((method) =>
      stream.chain((name) =>
        fc.record<Step>({
          method: fc.constant(method),
          stream: fc.constant(name),
          // A stream has one type, which some requests get wrong.
          json: fc.integer({ min: 0, max: 9 }).map((chance) => (chance === 0) !== isJsonStream(name)),
          fields: fieldsOf[method],
          query: method === 'GET' ? queries : fc.constant(''),
          times: fc.constantFrom(1, 1, 2),
          elements: fc.array(element, { minLength: method === 'POST' ? 1 : 0, maxLength: 3 }),
          garbage: fc.oneof({ weight: 20, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: odd }),
        }),
      ),
    ),
  { minLength: 10, maxLength: 60, size: 'max' },
);

/** A request without anything special. */
function plainly(method: Method, name: string): Step {
  return {
    method,
    stream: name,
    json: isJsonStream(name),
    fields: {},
    query: '',
    elements: [],
    garbage: undefined,
    times: 1,
  };
}

/** A stream as its clients must see it. */
interface Model {
  readonly json: boolean;
  pieces: string[];
  tail: string;
  /** Numbers of producers' batches that are stored. */
  readonly numbers: Set<string>;
}

/** The door, and beside it what must be in it. */
class Modelled {
  readonly #broker = testBroker().broker;
  readonly #models = new Map<string, Model>();
  readonly #tokens: string[] = [];

  async take(step: Step): Promise<void> {
    const { method, stream: name } = step;
    const before = this.#models.get(name);
    const body = step.garbage ?? (step.json ? `[${step.elements.join(',')}]` : step.elements.join(''));
    const answer = await this.#ask(step, body);
    if (answer === undefined) return;
    const next = answer.headers['Stream-Next-Offset'];
    if (next !== undefined) this.#tokens.push(next);
    if (method === 'DELETE' && answer.status === 204) this.#models.delete(name);
    const stored = byteText(Buffer.from(body));
    if (method === 'PUT' && answer.status === 201) await this.#created(step, next ?? '', stored);
    if (method !== 'POST' || before === undefined || answer.error !== undefined) return;
    // Only what moves the tail has stored something, and by as much as the body holds.
    const moved = position(next ?? '') - position(before.tail);
    if (moved === 0) return;
    const pieces = piecesOf(before.json, stored);
    assert.equal(moved, pieces.length);
    const { 'producer-id': id, 'producer-epoch': epoch, 'producer-seq': sequence } = step.fields;
    const number = `${id} ${epoch} ${sequence}`;
    assert.ok(id === undefined || !before.numbers.has(number), `${number} is stored twice`);
    before.numbers.add(number);
    before.pieces.push(...pieces);
    before.tail = next ?? '';
  }

  /** Every stream holds what was acknowledged, byte for byte, and its tail is where it was told to be. */
  async check(): Promise<void> {
    for (const [name, model] of this.#models) {
      assert.equal(await this.#whole(name), model.json ? `[${model.pieces.join(',')}]` : model.pieces.join(''));
      const { headers } = await describe(this.#broker, streamRequest(name));
      assert.equal(headers['Stream-Next-Offset'], model.tail);
    }
  }

  async #ask({ method, stream: name, json, fields, query }: Step, body: string): Promise<StreamAnswer | undefined> {
    const resolve = (text: string) =>
      text.replace(/token:(\d+)/, (_, ago) => this.#tokens.at(-1 - Number(ago)) ?? '-1');
    const headers: Record<string, string> = { 'content-type': json ? 'application/json' : 'text/plain' };
    for (const [field, value] of Object.entries(fields)) headers[field] = resolve(value);
    try {
      return await verbs[method](this.#broker, streamRequest(name, { headers, body, query: resolve(query) }));
    } catch (error) {
      if (!(error instanceof PacketboatError) || error.code === 'internal') throw error;
      return undefined;
    }
  }

  async #created({ stream: name, fields, json }: Step, tail: string, body: string): Promise<void> {
    const source = fields['stream-forked-from'];
    if (source === undefined) {
      this.#models.set(name, { json, pieces: piecesOf(json, body), tail, numbers: new Set() });
      return;
    }
    // What a fork begins with is of its source, from the start.
    const [, , , sourceName = ''] = source.split('/');
    const whole = await this.#whole(name);
    const of = this.#models.get(sourceName);
    if (of !== undefined && !of.json) {
      const inherited = whole.slice(0, whole.length - body.length);
      assert.ok(of.pieces.join('').startsWith(inherited), `${inherited} is no beginning of ${of.pieces.join('')}`);
    }
    const isJson = of?.json ?? json;
    this.#models.set(name, {
      json: isJson,
      pieces: isJson ? piecesOf(true, whole) : [whole],
      tail,
      numbers: new Set(),
    });
  }

  async #whole(name: string): Promise<string> {
    const pages: string[] = [];
    for (let offset = '-1'; ; ) {
      const answer = await read(this.#broker, streamRequest(name, { query: `offset=${offset}` }));
      assert.ok(Array.isArray(answer.body));
      pages.push(byteText(Buffer.concat(answer.body)));
      if (answer.headers['Stream-Up-To-Date'] === 'true') break;
      offset = answer.headers['Stream-Next-Offset'] ?? '';
    }
    const isJson = pages[0]?.startsWith('[') === true && pages.length > 1;
    return isJson ? `[${pages.map((page) => page.slice(1, -1)).join(',')}]` : pages.join('');
  }
}

/** A character for each byte: a fork may begin in the middle of one of UTF-8. */
function byteText(bytes: Buffer): string {
  return bytes.toString('latin1');
}

function position(offset: string): number {
  return Number(offset.split('_')[1]);
}

/** What a body stores: the elements of an array with their own bytes, or the whole. No element here holds a comma. */
function piecesOf(json: boolean, body: string): string[] {
  if (!json) return body === '' ? [] : [body];
  const text = body.trim();
  const inner = text.startsWith('[') ? text.slice(1, -1) : text;
  return inner.trim() === '' ? [] : inner.split(',').map((each) => each.trim());
}

test('stream door: whatever is asked in whatever order, streams hold what was acknowledged, byte for byte, and no defect is met [P2] [P3] [H7] [H8] [H11]', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const door = new Modelled();
      for (const name of ['s', 't', 'u']) await door.take(plainly('PUT', name));
      for (const step of list) for (let time = 0; time < step.times; time++) await door.take(step);
      await door.check();
    }),
    { numRuns: 300 },
  );
});
