import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePart, encodeSegment, type ServerMessage } from '@packetboat/core';
import fc from 'fast-check';
import { proof, SegmentMaker } from './testing/scripted_answers.ts';
import { ScriptedServer, welcome } from './testing/scripted_server.ts';

type Said = ServerMessage | Uint8Array | string;
type Saying = (server: ScriptedServer) => Said;

const number = fc.oneof({ weight: 6, arbitrary: fc.nat({ max: 4 }) }, fc.maxSafeNat());
const incarnation = fc.constantFrom('i1', 'i2');
const code = fc.constantFrom('busy', 'closed', 'gone', 'badRequest', 'cursorAhead', 'stopping', 'fromTheFuture', '');
const message = fc.string({ maxLength: 5 });
const retryAfterMs = fc.option(fc.oneof(fc.nat({ max: 50 }), fc.maxSafeNat()), { nil: undefined });
const is = <Type extends string>(type: Type) => fc.constant(type);

/** Well-formed messages that may come at any time, or should not. Ids are small, so that many are of somebody. */
const wellFormed: fc.Arbitrary<Said> = fc.oneof(
  fc.record({
    type: is('producing'),
    channel: number,
    stream: is('s'),
    incarnation,
    epoch: number,
    sequence: number,
    tail: number,
  }),
  fc.record({
    type: is('receipt'),
    channel: number,
    sequence: number,
    offset: fc.option(number, { nil: undefined }),
    duplicate: fc.boolean(),
    proof: fc.record({ incarnation, offset: number }).map((fields) => ({ ...proof, ...fields })),
  }),
  fc.record({ type: is('rejected'), channel: number, code, message, retryAfterMs }),
  fc.record({
    type: is('subscribed'),
    sub: number,
    number,
    stream: is('s'),
    incarnation,
    contentType: message,
    from: number,
    first: number,
    tail: number,
  }),
  fc.record({ type: is('gap'), sub: number, from: number, to: number, count: number, reason: message }),
  fc.record({ type: is('caughtUp'), sub: number, offset: number }),
  fc.record({ type: is('ended'), sub: number, reason: fc.constantFrom('closed', 'deleted', ''), offset: number }),
  fc.record({ type: is('committed'), sub: number, offset: number }),
  fc.record({ type: is('result'), id: number, value: fc.jsonValue() }) as fc.Arbitrary<ServerMessage>,
  fc.record({ type: is('error'), id: fc.option(number, { nil: undefined }), code, message, retryAfterMs }),
  fc.record({ type: is('error'), sub: number, code, message, retryAfterMs }),
  fc.record({ type: is('closing'), code, message, retryAfterMs }),
  fc.record({ type: is('received'), bytes: number }),
  fc.constantFrom<ServerMessage>({ type: 'heartbeat' }, welcome, { type: 'refused', code: 'busy', message: 'no' }),
);

const saying: fc.Arbitrary<Saying> = fc.oneof(
  {
    weight: 12,
    arbitrary: wellFormed.map(
      (said): Saying =>
        () =>
          said,
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record({ stream: number, base: fc.nat({ max: 3 }), flip: fc.option(fc.nat({ max: 90 })) }).map(
      ({ stream, base, flip }): Saying =>
        (server) => {
          const frame = encodeSegment(stream % 2 ** 32, new SegmentMaker(server, base).next(['a', 'b']));
          if (flip !== null) frame[flip] = (frame[flip] ?? 0) ^ 1;
          return frame;
        },
    ),
  },
  fc.tuple(number, fc.boolean(), fc.uint8Array({ maxLength: 40 })).map(
    ([index, last, slice]): Saying =>
      () =>
        encodePart(index % 2 ** 32, last, slice),
  ),
  fc.uint8Array({ maxLength: 60 }).map(
    (bytes): Saying =>
      () =>
        bytes,
  ),
  fc.json().map(
    (text): Saying =>
      () =>
        text,
  ),
  fc.string().map(
    (text): Saying =>
      () =>
        text,
  ),
);

/** A client in the middle of everything. What it starts may fail, but only as a rejection or a thrown error. */
async function busyClient(server: ScriptedServer) {
  const client = await server.connected({ backoff: { firstMs: 1, capMs: 20 } });
  const failed: unknown[] = [];
  const note = (error: unknown) => failed.push(error);
  const reader = client.read('s', { cursor: 'c', creditBytes: 500 });
  const reading = (async () => {
    for await (const _ of reader) void reader.commit().catch(note);
  })();
  reading.catch(note);
  client
    .producer('s', { id: 'p', epoch: 0 })
    .then(async (producer) => {
      for (let count = 0; count < 20; count++) await producer.publish('x');
    })
    .catch(note);
  client.call('streams.info', {}).catch(note);
  client.streams.list().catch(note);
  return { client, failed };
}

test('Client: whatever a server says, nothing is thrown out of an event, no timer is left, and the client still serves', async () => {
  const property = fc.asyncProperty(fc.integer(), fc.array(saying, { maxLength: 30 }), async (seed, sayings) => {
    const server = new ScriptedServer(seed);
    const { client, failed } = await busyClient(server);
    for (const say of sayings) {
      await server.say(say(server));
      await server.virtual.advance(20);
    }
    for (const error of failed) assert.notEqual((error as { code?: string }).code, 'internal');
    assert.ok(failed.every((error) => error instanceof Error && error.name === 'PacketboatError'));
    server.onHeard = ({ type }) => {
      if (type === 'heartbeat') void server.say({ type });
    };
    // An hour is the longest pause that a server may ask for.
    await server.virtual.advance(3_700_000);
    assert.equal(client.status, 'connected');
    const call = client.call('x', {});
    await server.virtual.advance(5);
    await server.say({ type: 'result', id: server.last('call').id, value: 'yes' });
    assert.equal(await call, 'yes');
    await server.farewell(client);
    await server.virtual.advance(5_000);
    assert.equal(server.virtual.pendingTimers, 0);
  });
  await fc.assert(property, { numRuns: 100 });
});

test('connect: whatever a server says first, it is tried again or rejects, and no timer is left', async () => {
  const first = fc.oneof(
    saying,
    fc.constant<Saying>(() => ({ type: 'refused', code: 'unauthorized', message: 'no' })),
  );
  const property = fc.asyncProperty(first, async (say) => {
    const server = new ScriptedServer();
    server.greeting = undefined;
    const controller = new AbortController();
    const connecting = server.connect({ signal: controller.signal, backoff: { firstMs: 1, capMs: 20 } }).then(
      () => 'connected',
      (error: { code: string }) => error.code,
    );
    server.onHeard = (heard) => {
      if (heard.type === 'hello') void server.say(say(server));
    };
    await server.virtual.advance(200);
    controller.abort();
    assert.match(await connecting, /^(connected|aborted|unauthorized)$/);
    await server.virtual.advance(5_000);
    assert.equal(server.virtual.pendingTimers, 0);
  });
  await fc.assert(property, { numRuns: 200 });
});
