import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchRecords, openBatches } from '@packetboat/core';
import fc from 'fast-check';
import type { Client } from './client.ts';
import type { Producer } from './producer.ts';
import type { Receipt } from './receipt.ts';
import { MemoryServer } from './testing/memory_server.ts';

const stream = 's';
const decoder = new TextDecoder();

/** Everything in the log, in order. */
async function stored(server: MemoryServer): Promise<string[]> {
  const texts: string[] = [];
  const { virtual, limits } = server;
  for (;;) {
    const outcome = await server.store.log.read(stream, texts.length, 1);
    const [segment] = outcome.kind === 'segments' ? outcome.segments : [];
    if (segment === undefined || segment.count === 0) return texts;
    for (const batch of openBatches(segment.bytes, virtual.world.crc32, limits)) {
      for (const record of batchRecords(batch)) texts.push(decoder.decode(record.bytes));
    }
  }
}

/** Publishes numbered records and notes the order in which their receipts come. */
class Writer {
  readonly name: string;
  readonly acknowledged: number[] = [];
  readonly #producer: Producer;
  readonly #all: Promise<void>[] = [];

  constructor(name: string, producer: Producer) {
    this.name = name;
    this.#producer = producer;
  }

  publish(count: number, padding: number): void {
    for (let record = 0; record < count; record++) {
      const number = this.#all.length;
      const receipt = this.#producer.publish(`${this.name} ${number} ${'x'.repeat(padding)}`);
      this.#all.push(receipt.then((got) => this.#receipted(number, got)));
    }
  }

  /** Waits for all receipts. */
  async finish(): Promise<number> {
    await Promise.all(this.#all);
    await this.#producer.close();
    return this.#all.length;
  }

  #receipted(number: number, receipt: Receipt): void {
    assert.equal(receipt.proof.stream, stream);
    this.acknowledged.push(number);
  }
}

/** Reads all in one go. */
async function readAll(client: Client): Promise<{ readonly texts: string[]; readonly checksum: number | undefined }> {
  const reader = client.read(stream, { creditBytes: 300 });
  const texts: string[] = [];
  for await (const record of reader) {
    assert.equal(record.offset, texts.length);
    texts.push(decoder.decode(record.bytes));
  }
  assert.equal(reader.ended, 'closed');
  return { texts, checksum: reader.position?.checksum };
}

/** Reads, commits now and then, leaves, and comes back by its cursor, until the stream is at its end. */
async function readByCursor(server: MemoryServer, client: Client): Promise<string[]> {
  const { random } = server.virtual.world;
  const texts: string[] = [];
  let committed = 0;
  for (;;) {
    const reader = client.read(stream, { cursor: 'c', creditBytes: 700 });
    let next = committed;
    for await (const record of reader) {
      assert.equal(record.offset, next, 'it begins where the cursor stands, and leaves nothing out');
      next += 1;
      const text = decoder.decode(record.bytes);
      // What was not committed comes again, and is the same.
      assert.equal(texts[record.offset] ?? text, text);
      texts[record.offset] = text;
      if (random.fraction() < 0.1) {
        await reader.commit();
        committed = next;
      }
      if (random.fraction() < 0.02) break;
    }
    if (reader.ended === 'closed') {
      await reader.commit();
      assert.equal(server.cursors.get(`${stream} c`), texts.length);
      return texts;
    }
  }
}

type Step = (server: MemoryServer, writers: readonly Writer[]) => unknown;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ who: fc.nat({ max: 2 }), count: fc.integer({ min: 1, max: 30 }), padding: fc.nat({ max: 200 }) })
      .map(
        ({ who, count, padding }): Step =>
          (_, writers) =>
            writers[who]?.publish(count, padding),
      ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(0, 1, 3, 10, 100, 2_000).map(
      (ms): Step =>
        (server) =>
          server.virtual.advance(ms),
    ),
  },
  fc.constant<Step>((server) => server.network.cut()),
  fc.nat({ max: 12 }).map(
    (messages): Step =>
      (server) => {
        server.network.cutAfterMessages = messages;
      },
  ),
  fc.constantFrom(0, 1, 5, 50, 900).map(
    (ms): Step =>
      (server) => {
        server.network.latencyMs = ms;
      },
  ),
  fc.constantFrom(0, 0.1, 0.5).map(
    (fraction): Step =>
      (server) => {
        server.busyFraction = fraction;
      },
  ),
  fc.boolean().map(
    (reachable): Step =>
      (server) => {
        server.network.reachable = reachable;
      },
  ),
  fc.constant<Step>(async (server) => {
    server.network.silent = true;
    await server.virtual.advance(35_000);
    server.network.silent = false;
  }),
);

async function voyage(seed: number, steps: readonly Step[]): Promise<void> {
  const server = new MemoryServer(seed, { windowBatchesMax: 8, windowBytesMax: 2_000, batchBytesTarget: 500 });
  const backoff = { firstMs: 10, capMs: 1_000 };
  await server.store.log.create(stream);
  const clients = await server.until(
    Promise.all([1, 2, 3].map(() => server.connect({ backoff, limits: server.limits }))),
  );
  const [sending, reading, byCursor] = clients;
  assert.ok(sending !== undefined && reading !== undefined && byCursor !== undefined);
  const opening = ['p', 'q', 'r'].map(async (id) => new Writer(id, await sending.producer(stream, { id })));
  const writers = await server.until(Promise.all(opening));
  const all = readAll(reading);
  const some = readByCursor(server, byCursor);
  for (const read of [all, some]) read.catch(() => undefined);

  for (const act of steps) await act(server, writers);
  server.network.reachable = true;
  server.network.latencyMs = 1;
  server.network.cutAfterMessages = Number.POSITIVE_INFINITY;
  server.busyFraction = 0;

  const counts = await server.until(Promise.all(writers.map((writer) => writer.finish())));
  await server.store.log.close(stream);
  const texts = await stored(server);
  for (const [index, { name, acknowledged }] of writers.entries()) {
    const numbers = Array.from({ length: counts[index] ?? 0 }, (_, number) => number);
    const own = texts.filter((text) => text.startsWith(name)).map((text) => Number(text.split(' ')[1]));
    assert.deepEqual(own, numbers, `what ${name} published is stored once, in order`);
    assert.deepEqual(acknowledged, numbers, `receipts of ${name} come in order`);
  }
  const { checksum } = (await server.store.log.info(stream)) as { checksum: number };
  assert.deepEqual(await server.until(all), { texts, checksum });
  assert.deepEqual(await server.until(some), texts);

  await server.until(Promise.all(clients.map((client) => client.close())));
  await server.virtual.advance(5_000);
  assert.deepEqual(server.defects, []);
  assert.equal(server.virtual.pendingTimers, 0);
  assert.equal(server.sessions, 0);
}

test('Client: random cuts, delays and refusals: every record is stored and read once, in order, and no timer is left [P2] [P3] [P4] [F11]', async () => {
  const property = fc.asyncProperty(fc.integer(), fc.array(step, { minLength: 5, maxLength: 40 }), voyage);
  await fc.assert(property, { numRuns: 100, endOnFailure: true });
});
