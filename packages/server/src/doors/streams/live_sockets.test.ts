import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { type Limits, MemoryStore, openBatch, sealBatch } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { testLimits } from '@packetboat/core/testing';
import { Broker } from '../../broker/broker.ts';
import { silentLog } from '../../server_log.ts';
import { parseEvents } from '../../testing/parse_events.ts';
import { RawSocket } from '../../testing/raw_socket.ts';
import { until } from '../../testing/until.ts';
import { makeHttpServer } from '../http_server.ts';
import { streamDoor } from './stream_door.ts';

const { crc32 } = nodeWorld;

/** The stream door alone over real sockets, and the answers it is writing. */
class DoorBench implements AsyncDisposable {
  readonly broker: Broker;
  readonly responses = new Set<ServerResponse>();
  readonly #server: Server;
  readonly #store: MemoryStore;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Infinity });

  private constructor(limits: Limits) {
    this.#store = new MemoryStore({ world: nodeWorld, limits });
    this.broker = new Broker({ store: this.#store, world: nodeWorld, limits, log: silentLog });
    this.#server = makeHttpServer(this.broker);
    const door = streamDoor(this.broker);
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.responses.add(response);
      response.once('close', () => this.responses.delete(response));
      void door.handle(request, response).catch(() => response.destroy());
    });
  }

  static async start(overrides: Partial<Limits>): Promise<DoorBench> {
    const bench = new DoorBench(testLimits(overrides));
    bench.#server.listen(0, '127.0.0.1');
    await once(bench.#server, 'listening');
    return bench;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async create(stream: string): Promise<void> {
    await this.#store.log.create(stream, { contentType: 'text/plain' });
  }

  async append(stream: string, payload: string): Promise<void> {
    const bytes = sealBatch({ records: [{ timeNs: 1n, bytes: Buffer.from(payload) }] }, crc32);
    const batch = openBatch(bytes, 0, crc32, this.broker.limits);
    assert.equal((await this.broker.append({ stream, batch })).kind, 'appended');
  }

  async close(stream: string): Promise<void> {
    await this.#store.log.close(stream);
  }

  /** A GET; it settles when the head has come. */
  async get(path: string): Promise<IncomingMessage> {
    const request = get({ port: this.port, path: `/v1/stream/${path}`, agent: this.#agent });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    await this.#store.close();
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** All records that a reader gets by asking again and again until the stream ends. */
async function pollToEnd(bench: DoorBench, stream: string): Promise<string> {
  let [text, next, cursor] = ['', 'now', ''];
  for (;;) {
    const response = await bench.get(`${stream}?offset=${next}&live=long-poll&cursor=${cursor}`);
    assert([200, 204].includes(response.statusCode ?? 0), `status ${response.statusCode}`);
    text += await textOf(response);
    if (response.headers['stream-closed'] === 'true') return text;
    next = String(response.headers['stream-next-offset']);
    cursor = String(response.headers['stream-cursor']);
  }
}

/** All records of an event stream that ends because the stream does. */
async function followToEnd(bench: DoorBench, stream: string): Promise<string> {
  const response = await bench.get(`${stream}?offset=now&live=sse`);
  assert.equal(response.statusCode, 200);
  const events = parseEvents(Buffer.from(await textOf(response)));
  assert.match(events.at(-1)?.data ?? '', /"streamClosed":true/);
  return events
    .filter(({ event }) => event === 'data')
    .map(({ data }) => data)
    .join('');
}

const crowd = { liveReadersMax: 4_096, liveReadersPerClientMax: 4_096, connectionsMax: 4_096, streamsMax: 256 };

test('live readers: 1,000 long-polls and 1,000 event streams on 100 streams: each gets every record once and in order [P3] [P7] [H14]', async () => {
  await using bench = await DoorBench.start(crowd);
  const streams = Array.from({ length: 100 }, (_, index) => `s${index}`);
  for (const stream of streams) await bench.create(stream);
  const readers = streams.flatMap((stream) =>
    Array.from({ length: 10 }, () => [pollToEnd(bench, stream), followToEnd(bench, stream)]).flat(),
  );
  const all = Promise.all(readers);
  await until(() => bench.broker.liveReaders.count('longPoll') + bench.broker.liveReaders.count('sse') === 2_000);
  const records = Array.from({ length: 10 }, (_, index) => `record ${index};`);
  for (const record of records) await Promise.all(streams.map((stream) => bench.append(stream, record)));
  await Promise.all(streams.map((stream) => bench.close(stream)));
  for (const text of await all) assert.equal(text, records.join(''));
  assert.equal(bench.broker.liveReaders.count('longPoll'), 0);
  await until(() => bench.broker.liveReaders.count('sse') === 0);
});

test('live readers: some stop reading: each holds one piece, and the others go on [P7] [H14] [H24]', async () => {
  await using bench = await DoorBench.start({ ...crowd, frameCacheBytesMax: 262_144 });
  await bench.create('s');
  const stalled: RawSocket[] = [];
  for (let index = 0; index < 20; index++) {
    const raw = await RawSocket.connect(bench.port);
    raw.write('GET /v1/stream/s?offset=-1&live=sse HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await raw.until((received) => received.includes('upToDate'));
    raw.socket.pause();
    stalled.push(raw);
  }
  const live = followToEnd(bench, 's');
  await until(() => bench.broker.liveReaders.count('sse') === 21);
  // Far more than the kernel buffers of a socket take.
  const record = 'x'.repeat(4_000);
  const count = 5_000;
  const heldBytes = () => [...bench.responses].map((response) => response.writableLength);
  let heldBytesMost = 0;
  for (let index = 0; index < count; index++) {
    await bench.append('s', record);
    heldBytesMost = Math.max(heldBytesMost, ...heldBytes());
  }
  await until(() => heldBytes().filter((bytes) => bytes > 0).length >= stalled.length);
  assert(heldBytesMost <= 2 * 65_536 + 1_024, `${heldBytesMost} bytes are held for one reader`);
  await bench.close('s');
  assert.equal((await live).length, count * record.length);
  for (const raw of stalled) raw[Symbol.dispose]();
  await until(() => bench.broker.liveReaders.count('sse') === 0);
});

test('live readers: the server stops: all answers end', async () => {
  await using bench = await DoorBench.start(crowd);
  await bench.create('s');
  const readers = Array.from({ length: 50 }, (_, index) =>
    bench.get(`s?offset=now&live=${index % 2 === 0 ? 'sse' : 'long-poll'}`).then(textOf),
  );
  await until(() => bench.broker.liveReaders.count('longPoll') + bench.broker.liveReaders.count('sse') === 50);
  await bench.broker.stop();
  await Promise.all(readers);
  assert.equal(bench.broker.liveReaders.count('longPoll') + bench.broker.liveReaders.count('sse'), 0);
});

test('live readers: a peer vanishes: its reader is let go', async () => {
  await using bench = await DoorBench.start(crowd);
  await bench.create('s');
  for (const live of ['sse', 'long-poll']) {
    const socket = connect(bench.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET /v1/stream/s?offset=now&live=${live} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const { liveReaders } = bench.broker;
    await until(() => liveReaders.count('longPoll') + liveReaders.count('sse') === 1);
    socket.resetAndDestroy();
    await until(() => liveReaders.count('longPoll') + liveReaders.count('sse') === 0);
  }
});
