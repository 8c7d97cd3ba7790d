/**
 * Exchanges that are nearly right, against the real server and the real SDK in virtual time. What is found is found again
 * by its seed; `PACKETBOAT_FUZZ_CASES=30000` tries more.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, WebSocketConstructor } from '@packetboat/client';
import {
  crc32,
  decodeFrame,
  encodeMessage,
  encodePart,
  encodePublish,
  PacketboatError,
  parseServerMessage,
  sealBatch,
  type ClientMessage,
  type ServerMessage,
  type SessionIdentity,
} from '@packetboat/core';
import { Connection, type Link } from '@packetboat/server';
import { seeded } from '../support/seeded.ts';
import { type Message, mutateExchange, mutateMessage } from './mutate_exchange.ts';
import { VirtualHarbour } from './virtual_harbour.ts';

const seed = 20_264;
/** Of clients and of servers. */
const cases = Number(process.env.PACKETBOAT_FUZZ_CASES ?? 3_000);
const clientCases = (cases * 2) / 3;
const serverCases = cases / 3;
const perHarbour = 100;
const decoder = new TextDecoder();

/** What a client says that uses all there is. */
function exchange(resume: SessionIdentity | undefined, name: string): Message[] {
  const batches = [0, 1, 2].map((sequence) => {
    const records = [{ timeNs: 1n, bytes: new TextEncoder().encode(`${name} ${sequence}`) }];
    return sealBatch({ records, producer: { id: name, epoch: 0, sequence } }, crc32);
  });
  const frame = encodePublish(1, batches.slice(2));
  const said: readonly (ClientMessage | Uint8Array)[] = [
    { type: 'hello', protocol: 1, client: name, resume: resume && { ...resume, life: name, attempt: 1 } },
    { type: 'produce', channel: 1, stream: 's', producer: name, epoch: 0, create: true },
    { type: 'produce', channel: 2, stream: 'j', producer: name, create: true, contentType: 'application/json' },
    encodePublish(1, batches.slice(0, 1)),
    encodePublish(1, batches.slice(1, 2)),
    encodePart(0, false, frame.subarray(0, 20)),
    encodePart(1, true, frame.subarray(20)),
    { type: 'subscribe', sub: 1, stream: 's', from: { at: 'start' }, cursor: name, credit: 1_000 },
    { type: 'subscribe', sub: 2, stream: 's', from: { at: 'offset', offset: 1 }, credit: 1_000 },
    { type: 'credit', sub: 1, bytes: 1_000 },
    { type: 'commit', sub: 1, offset: 1 },
    { type: 'received', bytes: 64 },
    { type: 'call', id: 1, method: 'streams.create', params: { stream: 's', contentType: 'text/plain' }, key: name },
    { type: 'call', id: 2, method: 'cursors.list', params: { stream: 's', limit: 2 } },
    { type: 'sequence', index: 0, n: 3, tickMs: 10, algorithm: 'crc-32' },
    { type: 'heartbeat' },
    { type: 'sum', checksum: '00000000' },
    { type: 'unsubscribe', sub: 2 },
    { type: 'finish', channel: 1 },
    { type: 'bye' },
  ];
  return said.map((message) => (message instanceof Uint8Array ? message : encodeMessage(message)));
}

/** A client without a socket: the server's word to it is always well formed. */
class Stranger implements Link {
  readonly bufferedBytes = 0;
  readonly heard: ServerMessage[] = [];
  closed = false;
  readonly #connection: Connection;

  constructor({ broker }: VirtualHarbour) {
    this.#connection = new Connection(broker, this);
  }

  /** The session that it was welcomed to. */
  get identity(): SessionIdentity | undefined {
    const [first] = this.heard;
    return first?.type === 'welcome' ? { session: first.session, token: first.token ?? '' } : undefined;
  }

  say(message: Message): void {
    this.#connection.heard(message.length);
    if (typeof message === 'string') this.#connection.receiveText(message);
    else this.#connection.receiveBinary(message);
  }

  cut(): void {
    this.#connection.linkClosed();
  }

  sendText(text: string): void {
    this.heard.push(parseServerMessage(text));
  }

  sendBinary(bytes: Uint8Array): void {
    decodeFrame(bytes);
  }

  close(): void {
    this.closed = true;
  }
}

/** The session of a client that was cut off. */
async function lostSession(harbour: VirtualHarbour): Promise<SessionIdentity | undefined> {
  const stranger = new Stranger(harbour);
  stranger.say(encodeMessage({ type: 'hello', protocol: 1, client: 'lost' }));
  await harbour.virtual.advance(0);
  stranger.cut();
  return stranger.identity;
}

test('session: fuzz: exchanges of a client that are nearly right: no defect is met, a client beside them goes on, nothing is held [H20] [H21] [H22] [H23] [H25] [P7]', async () => {
  const random = seeded(seed);
  const outcomes = new Map<string, number>();
  for (let done = 0; done < clientCases; done += perHarbour) {
    const harbour = new VirtualHarbour(done, {
      streamsMax: 10_000,
      producersPerStreamMax: 10_000,
      mapEntriesMax: 10_000,
    });
    const { client } = await harbour.sailor();
    const producer = await harbour.until(client.producer('witness', { create: true }));
    const got: string[] = [];
    void (async () => {
      for await (const { bytes } of client.read('witness')) got.push(decoder.decode(bytes));
    })().catch((error: unknown) => got.push(String(error)));
    for (let index = 0; index < perHarbour; index++) {
      const identity = random() < 0.3 ? await lostSession(harbour) : undefined;
      const stranger = new Stranger(harbour);
      for (const message of mutateExchange(exchange(identity, `p${index}`), random)) {
        stranger.say(message);
        if (random() < 0.4) await harbour.virtual.advance(random() < 0.1 ? 12 : 0);
      }
      if (stranger.closed || random() < 0.5) stranger.cut();
      for (const message of stranger.heard) {
        const outcome = 'code' in message ? message.code : message.type;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      if (index % 10 === 0) await harbour.until(producer.publish(String(index)));
    }
    const { broker, limits } = harbour;
    await harbour.virtual.advance(limits.windowMs + limits.heartbeatMs * (limits.heartbeatsMissedMax + 1));
    const where = `seed ${seed}, cases ${done} …`;
    assert.equal(broker.counters.refusals.get('internal'), undefined, where);
    assert.deepEqual(
      got,
      Array.from({ length: perHarbour / 10 }, (_, index) => String(10 * index)),
      where,
    );
    const held = {
      connections: broker.connections.size,
      sessions: broker.sessions.size,
      subscriptions: broker.feeds.subscriptionCount,
      claims: broker.claims.size,
      reads: broker.reads.length,
      appends: broker.backlog.appends,
      bytes: broker.backlog.bytes,
      sequences: broker.sequences.running,
    };
    const witness = { connections: 1, sessions: 1, subscriptions: 1, claims: 1 };
    assert.deepEqual(held, { ...witness, reads: 0, appends: 0, bytes: 0, sequences: 0 }, where);
    await harbour.until(client.close());
    // So long the answers of calls are kept.
    await harbour.virtual.advance(2 * limits.callKeyMs);
    assert.equal(harbour.virtual.pendingTimers, 0, where);
    assert.equal(await harbour.entries('session/'), 0, where);
    assert.equal(await harbour.entries('sequence/'), 0, where);
  }
  // The mutations are neither so mild that all passes nor so wild that nothing does.
  const some = [
    'welcome',
    'receipt',
    'committed',
    'result',
    'number',
    'badFrame',
    'badBatch',
    'badRequest',
    'cursorAhead',
  ];
  for (const outcome of some) assert.ok(outcomes.has(outcome), `never ${outcome}: ${JSON.stringify([...outcomes])}`);
});

/** WebSockets whose first connections bring some of the server's messages changed. */
function changing(webSocket: WebSocketConstructor, random: () => number, changes: () => boolean): WebSocketConstructor {
  return class extends webSocket {
    override addEventListener(type: string, listener: (event: never) => void): void {
      super.addEventListener(type as 'message', (event: { readonly data: unknown }) => {
        if (type !== 'message' || !changes()) return listener(event as never);
        const message = event.data instanceof ArrayBuffer ? new Uint8Array(event.data) : (event.data as string);
        const again = random() < 0.1 ? [mutateMessage(message, random), message] : [mutateMessage(message, random)];
        for (const data of again) listener({ data: typeof data === 'string' ? data : data.slice().buffer } as never);
      });
    }
  };
}

test('session: fuzz: answers of a server that are nearly right: the SDK throws nothing out of an event, takes no changed record, ends what it began, and holds nothing [P5] [P7]', async () => {
  const random = seeded(seed + 1);
  const outcomes = new Map<string, number>();
  const texts = ['one', 'two', 'three'];
  for (let done = 0; done < serverCases; done += perHarbour) {
    const harbour = new VirtualHarbour(done, { producersPerStreamMax: 10_000 });
    const { client: other } = await harbour.sailor();
    const stored = await harbour.until(other.producer('s', { create: true }));
    await harbour.until(Promise.all(texts.map((text) => stored.publish(text))));
    for (let index = 0; index < perHarbour; index++) {
      const where = `seed ${seed + 1}, cases ${done} …, ${index}`;
      const { got, ends } = await misled(harbour, random);
      for (const text of got) assert.ok(texts.includes(text), `${where}: ${text}`);
      for (const end of ends) {
        assert.ok(end !== 'internal' && end !== 'no error of ours', `${where}: ${end}`);
        outcomes.set(end, (outcomes.get(end) ?? 0) + 1);
      }
    }
    await harbour.until(other.close());
    const { broker, limits } = harbour;
    await harbour.virtual.advance(limits.windowMs + limits.heartbeatMs * (limits.heartbeatsMissedMax + 1));
    const where = `seed ${seed + 1}, cases ${done} …`;
    assert.equal(broker.counters.refusals.get('internal'), undefined, where);
    assert.equal(harbour.virtual.pendingTimers, 0, where);
    assert.equal(broker.connections.size + broker.sessions.size, 0, where);
  }
  for (const end of ['done', 'badFrame', 'checksumMismatch', 'aborted']) {
    assert.ok(outcomes.has(end), `never ${end}: ${JSON.stringify([...outcomes])}`);
  }
});

/** A client that reads, publishes and calls while some of what it hears is changed: what it read, and how all of it ended. */
async function misled(harbour: VirtualHarbour, random: () => number) {
  const { webSocket } = harbour.network();
  let left = 1 + Math.trunc(random() * 3);
  const changes = () => left > 0 && random() < 0.25 && left-- > 0;
  const { connected, events } = harbour.sail({ webSocket: changing(webSocket, random, changes) });
  const ends: string[] = [];
  const settle = async (work: Promise<unknown>) => ends.push(await harbour.until(work.then(() => 'done', codeOf)));
  const got: string[] = [];
  await settle(connected);
  const client = await connected.catch(() => undefined);
  if (client !== undefined) {
    const works = [read(client, got), publish(client), client.call('streams.list', {})];
    for (const work of works) work.catch(() => undefined);
    await harbour.virtual.advance(3_000);
    // What a lie has made it wait for, it waits for until it is told to stop.
    await harbour.until(client.close());
    for (const work of works) await settle(work);
  }
  for (const { reason } of events) if (reason !== undefined) ends.push(reason.code);
  return { got, ends };
}

async function read(client: Client, got: string[]): Promise<void> {
  const reader = client.read('s', { from: 'start', untilCaughtUp: true, cursor: crypto.randomUUID() });
  for await (const { bytes, gap } of reader) {
    if (gap === undefined) got.push(decoder.decode(bytes));
    await reader.commit();
  }
}

async function publish(client: Client): Promise<void> {
  const producer = await client.producer('t', { create: true });
  await producer.publish('a');
  await producer.publish('b');
  await producer.close();
}

function codeOf(error: unknown): string {
  return error instanceof PacketboatError ? error.code : 'no error of ours';
}
