/**
 * Subscriptions across the death of the server: whatever was acknowledged is told to somebody until it is acked, and
 * nobody acts in a wake that was given to another. It does not test what a power cut does.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { json } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { type Running, serve } from '../support/packetboat.ts';
import { seeded } from '../support/seeded.ts';
import { tempFolder } from '../support/temp_folder.ts';

const kills = 4;
/** How long everything may take to be acked, once nothing is killed any more. */
const calmMs = 60_000;

/** What a call or a claim tells of a wake. */
interface Told {
  readonly wake_id: string;
  readonly generation: number;
  readonly streams: readonly { readonly path: string; readonly acked_offset: string; readonly tail_offset: string }[];
}

/** A server that is killed again and again, a writer, and what was seen of its records by whoever was woken. */
class World implements AsyncDisposable {
  readonly url: string;
  readonly acknowledged = new Set<number>();
  readonly seen = new Set<number>();
  readonly #wakes = new Map<number, string>();
  readonly #folder: Awaited<ReturnType<typeof tempFolder>>;
  #server: Running;
  #last = 0;

  private constructor(folder: Awaited<ReturnType<typeof tempFolder>>, server: Running & { url: string }) {
    this.#folder = folder;
    this.#server = server;
    this.url = server.url;
  }

  static async start(): Promise<World> {
    const folder = await tempFolder();
    return new World(folder, await serve(folder.path, ['--webhooks-allow-loopback']));
  }

  async kill(): Promise<void> {
    await this.#server.end('SIGKILL');
    const port = new URL(this.url).port;
    this.#server = await serve(this.#folder.path, ['--webhooks-allow-loopback', '--port', port]);
  }

  /** Asks a control route of the subscription; `undefined` when the server is gone. */
  async ask(
    method: string,
    action: string,
    body?: object,
    token?: string,
  ): Promise<{ status: number; body: unknown } | undefined> {
    const headers = {
      'Content-Type': 'application/json',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    try {
      const response = await fetch(`${this.url}/v1/stream/__ds/subscriptions/s${action}`, init);
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    } catch {
      return undefined;
    }
  }

  /** Appends a number to a stream, and remembers it if that was acknowledged. */
  async append(stream: string): Promise<void> {
    const number = this.#last++;
    const init = { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(number) };
    try {
      const address = `${this.url}/v1/stream/${stream}`;
      const response = await fetch(address, { method: 'POST', ...init });
      const { ok } = response.status === 404 ? await fetch(address, { method: 'PUT', ...init }) : response;
      if (ok) this.acknowledged.add(number);
    } catch {
      // The server is gone: nothing is known of this one.
    }
  }

  /** Reads everything that somebody was told of. */
  async read(told: Told): Promise<void> {
    const { generation, wake_id } = told;
    assert.equal(this.#wakes.get(generation) ?? wake_id, wake_id, 'a generation is one wake');
    this.#wakes.set(generation, wake_id);
    for (const { path, acked_offset } of told.streams) {
      const response = await fetch(`${this.url}/v1/stream/${path}?offset=${acked_offset}`);
      for (const number of (await response.json()) as number[]) this.seen.add(number);
    }
  }

  /** Settles when everything that was acknowledged was seen and nothing is pending. */
  async allAcked(): Promise<void> {
    const deadline = performance.now() + calmMs;
    for (;;) {
      const missing = [...this.acknowledged].filter((number) => !this.seen.has(number));
      const shown = await this.ask('GET', '');
      const streams = (shown?.body as { streams: { path: string; acked_offset: string }[] } | undefined)?.streams ?? [];
      const behind: string[] = [];
      for (const { path, acked_offset } of streams) {
        const head = await fetch(`${this.url}/v1/stream/${path}`, { method: 'HEAD' });
        if (head.headers.get('stream-next-offset') !== acked_offset) behind.push(path);
      }
      if (missing.length === 0 && behind.length === 0 && streams.length > 0) return;
      if (performance.now() > deadline) assert.fail(`not seen: ${missing.join()}; not acked: ${behind.join()}`);
      await pause(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.end('SIGKILL');
    await this.#folder[Symbol.asyncDispose]();
  }
}

function ackOf({ wake_id, generation, streams }: Told) {
  const acks = streams.map(({ path, tail_offset }) => ({ stream: path, offset: tail_offset }));
  return { wake_id, generation, acks, done: true };
}

/** Writes until it is told to stop, while the server is killed behind whatever `somethingHappened` waits for. */
async function killUnderLoad(
  world: World,
  random: () => number,
  somethingHappened: () => Promise<unknown>,
): Promise<void> {
  const stop = new AbortController();
  const writing = (async () => {
    while (!stop.signal.aborted) {
      await world.append(`in/${Math.floor(random() * 3)}`);
      await pause(10);
    }
  })();
  try {
    for (let kill = 0; kill < kills; kill++) {
      await somethingHappened();
      await pause(random() * 200);
      await world.kill();
    }
  } finally {
    stop.abort();
    await writing;
  }
}

test('HTTP: subscriptions: kill -9 of the server under a webhook that resets, refuses and acks: everything acknowledged is told until it is acked [P1] [P4]', async () => {
  const random = seeded(7);
  await using world = await World.start();
  let called = Promise.withResolvers<void>();
  const receiver = createServer((request, response) => {
    void (async () => {
      const told = (await json(request)) as Told & { callback_token: string };
      called.resolve();
      const chance = random();
      if (chance < 0.2) return request.socket.destroy();
      if (chance < 0.4) return response.writeHead(503).end();
      await world.read(told);
      if (chance < 0.7) return response.end('{"done":true}');
      response.end('{}');
      return world.ask('POST', '/callback', ackOf(told), told.callback_token);
    })().catch(() => request.socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const address = receiver.address();
  assert(typeof address === 'object' && address !== null);
  try {
    const wish = {
      type: 'webhook',
      pattern: 'in/*',
      webhook: { url: `http://127.0.0.1:${address.port}/` },
      lease_ttl_ms: 1_000,
    };
    assert.equal((await world.ask('PUT', '', wish))?.status, 201);
    await killUnderLoad(world, random, () => {
      called = Promise.withResolvers();
      return called.promise;
    });
    await world.allAcked();
    assert(world.acknowledged.size > 0);
  } finally {
    receiver.closeAllConnections();
    receiver.close();
  }
});

test('HTTP: subscriptions: kill -9 of the server under workers that claim, and forget or ack: everything acknowledged is given out until it is acked [P1] [P4]', async () => {
  const random = seeded(8);
  await using world = await World.start();
  let claimed = Promise.withResolvers<void>();
  const stop = new AbortController();
  const worker = async (name: string) => {
    while (!stop.signal.aborted) {
      const answer = await world.ask('POST', '/claim', { worker: name });
      if (answer?.status !== 200) {
        await pause(20);
        continue;
      }
      claimed.resolve();
      const told = answer.body as Told & { token: string };
      // One that forgets its work lets the lease run out.
      if (random() < 0.2) continue;
      await world.read(told).catch(() => undefined);
      await world.ask('POST', '/ack', ackOf(told), told.token);
    }
  };
  const wish = { type: 'pull-wake', pattern: 'in/*', wake_stream: 'wake', lease_ttl_ms: 1_000 };
  assert.equal((await world.ask('PUT', '', wish))?.status, 201);
  const workers = ['one', 'two'].map(worker);
  try {
    await killUnderLoad(world, random, () => {
      claimed = Promise.withResolvers();
      return claimed.promise;
    });
    await world.allAcked();
    assert(world.acknowledged.size > 0);
  } finally {
    stop.abort();
    await Promise.all(workers);
  }
});
