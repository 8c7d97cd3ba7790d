import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchRecords, openBatches } from '@packetboat/core';
import { FakeSpool } from '@packetboat/core/testing';
import fc from 'fast-check';
import type { Client } from './client.ts';
import type { OutboxOptions } from './outbox.ts';
import { MemoryServer } from './testing/memory_server.ts';

const stream = 'sensors/paul';
const backoff = { firstMs: 10, capMs: 1_000 };

/** Everything in the log, in order. */
async function stored(server: MemoryServer): Promise<string[]> {
  const outcome = await server.store.log.read(stream, 0, 1_000_000);
  const texts: string[] = [];
  if (outcome.kind !== 'segments') return texts;
  for (const segment of outcome.segments) {
    for (const batch of openBatches(segment.bytes, server.virtual.world.crc32, server.limits)) {
      for (const { bytes } of batchRecords(batch)) texts.push(Buffer.from(bytes).toString());
    }
  }
  return texts;
}

/** A life of a program: a client, and an outbox on a spool that outlives it. */
async function live(server: MemoryServer, spool: FakeSpool, options: Partial<OutboxOptions> = {}) {
  const client = await server.connect({ startOffline: true, backoff });
  const outbox = await client.outbox(stream, { spool, create: true, ...options });
  return { client, outbox };
}

/** Ends a life as a kill does: nothing is said to anybody. */
async function kill(server: MemoryServer, client: Client): Promise<void> {
  server.network.cut();
  await server.until(client.close());
}

test('Outbox publishes while there is no server, and ships when there is one [F9]', async () => {
  const server = new MemoryServer(1);
  server.network.reachable = false;
  const spool = new FakeSpool();
  const { client, outbox } = await live(server, spool);
  assert.deepEqual([await outbox.publish('one'), await outbox.publish(Buffer.from('two'), { timeNs: 5n })], [0, 1]);
  assert.deepEqual(spool.lines(), ['one', 'two']);
  assert.equal((await outbox.status()).waiting, 2);
  const receipts = [outbox.acknowledged(0), outbox.acknowledged(1)];
  await server.virtual.advance(5_000);
  assert.deepEqual(await stored(server), []);
  server.network.reachable = true;
  const [first, second] = await server.until(Promise.all(receipts));
  assert.equal(first, second, 'a batch has one receipt');
  assert.equal(second?.proof.stream, stream);
  assert.deepEqual(await stored(server), ['one', 'two']);
  assert.equal(await outbox.acknowledged(0), undefined, 'a receipt is told once');
  await server.until(outbox.close());
  await server.until(client.close());
  assert.equal(server.virtual.pendingTimers, 0);
});

test('Outbox.publish refuses what is no record or no time, and stores nothing of it', async () => {
  const server = new MemoryServer(1);
  const spool = new FakeSpool();
  const { client, outbox } = await live(server, spool);
  for (const data of [new ArrayBuffer(4), new Uint16Array(2), [1], 7, null, undefined] as unknown[]) {
    await assert.rejects(outbox.publish(data as string), { code: 'badRequest' });
  }
  for (const timeNs of [5, 2n ** 63n] as unknown[]) {
    await assert.rejects(outbox.publish('odd', { timeNs: timeNs as bigint }), { code: 'badRequest' });
  }
  assert.equal(await outbox.publish('good'), 0);
  assert.deepEqual(spool.lines(), ['good']);
  await server.until(outbox.close());
  await server.until(client.close());
});

test('Outbox: killed again and again, links cut: each record is stored once, in order [P2] [P3] [F9] [I12]', async () => {
  const anyLife = fc.record({ records: fc.nat(9), cuts: fc.nat(2), waitMs: fc.nat(300) });
  await fc.assert(
    fc.asyncProperty(fc.array(anyLife, { maxLength: 6 }), fc.integer(), async (lives, seed) => {
      const server = new MemoryServer(seed);
      server.busyFraction = 0.2;
      const spool = new FakeSpool();
      for (const { records, cuts, waitMs } of lives) {
        const { client, outbox } = await live(server, spool);
        for (let count = 0; count < records; count++) await outbox.publish(`record ${spool.records.length}`);
        for (let count = 0; count <= cuts; count++) {
          await server.virtual.advance(waitMs);
          server.network.cut();
        }
        await kill(server, client);
      }
      const { client, outbox } = await live(server, spool);
      await outbox.publish('the end');
      await server.until(outbox.flush());
      assert.deepEqual(await stored(server), spool.lines());
      await server.until(outbox.close());
      await server.until(client.close());
      assert.deepEqual(server.defects, []);
    }),
    { numRuns: 30 },
  );
});

test('Outbox ends shipping at a final refusal, tells all who wait, and goes on storing', async () => {
  const server = new MemoryServer(1);
  const spool = new FakeSpool();
  const { client, outbox } = await live(server, spool);
  await outbox.publish('one');
  await server.until(outbox.flush());
  await server.store.log.close(stream);
  await outbox.publish('two');
  const waiting = [outbox.acknowledged(1), outbox.flush(), outbox.done];
  await server.until(Promise.all(waiting.map((each) => assert.rejects(each, { code: 'closed' }))));
  assert.equal(await outbox.publish('three'), 2);
  const { waiting: left, shipping, error } = await outbox.status();
  assert.deepEqual([left, shipping, error?.code], [2, false, 'closed']);
  await assert.rejects(outbox.acknowledged(2), { code: 'closed' });
  await server.until(outbox.close());
  await server.until(client.close());
});

test('Outbox rejects who waits for a record that was lost to the limit of its spool: the stream has a gap there [P6]', async () => {
  const server = new MemoryServer(1);
  server.network.reachable = false;
  const spool = new FakeSpool();
  const { client, outbox } = await live(server, spool);
  for (let number = 0; number < 5; number++) await outbox.publish(`record ${number}`);
  spool.lose(3);
  const lost = [0, 2].map((number) => assert.rejects(outbox.acknowledged(number), { code: 'spoolFull' }));
  const kept = outbox.acknowledged(3);
  server.network.reachable = true;
  await server.until(Promise.all(lost));
  assert.equal((await server.until(kept))?.duplicate, false);
  await server.until(outbox.flush());
  await server.until(outbox.close());
  await server.until(client.close());
});

test('Outbox waits while another one ships from its spool, and knows of that one’s progress', async () => {
  const server = new MemoryServer(1);
  const spool = new FakeSpool();
  const turn = Promise.withResolvers<void>();
  const { client, outbox } = await live(server, Object.assign(spool, { claim: () => turn.promise }));
  await outbox.publish('theirs');
  const receipt = outbox.acknowledged(0);
  await spool.seal(1_000);
  await spool.acknowledge(0);
  assert.equal(await server.until(receipt), undefined);
  assert.equal((await outbox.status()).shipping, false);
  assert.equal(server.sessions, 1);
  turn.reject(new Error('never'));
  await assert.rejects(server.until(outbox.done), { message: 'never' });
  await server.until(outbox.close());
  await server.until(client.close());
  assert.equal(server.virtual.pendingTimers, 0);
});

test('Outbox refuses a spool of another stream, and JSON that the stream would refuse for ever', async () => {
  const server = new MemoryServer(1);
  const spool = new FakeSpool();
  const client = await server.connect({ startOffline: true });
  await assert.rejects(client.outbox('sensors/anna', { spool }), { code: 'badRequest', message: /sensors\/paul/ });
  const outbox = await client.outbox(stream, { spool, create: true, contentType: 'application/json' });
  await assert.rejects(outbox.publish('{"open": '), { code: 'badJson' });
  assert.equal(await outbox.publish('{"closed": true}'), 0);
  assert.deepEqual(spool.lines(), ['{"closed": true}']);
  await server.until(outbox.close());
  await server.until(client.close());
});

test('Outbox close keeps what has no receipt for the next life, and ends who waits', async () => {
  const server = new MemoryServer(1);
  server.network.reachable = false;
  const spool = new FakeSpool();
  const first = await live(server, spool);
  await first.outbox.publish('one');
  const aborted = assert.rejects(first.outbox.acknowledged(0), { code: 'aborted' });
  await server.until(first.outbox.close());
  await aborted;
  await first.outbox.done;
  await server.until(first.client.close());
  server.network.reachable = true;
  const second = await live(server, spool);
  assert.equal((await server.until(second.outbox.acknowledged(0)))?.sequence, 0);
  await server.until(second.outbox.close());
  await server.until(second.client.close());
});
