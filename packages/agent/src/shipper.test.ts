import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { VirtualWorld, testLimits } from '@packetboat/core/testing';
import fc from 'fast-check';
import { type ShipperOptions, startShipper } from './shipper.ts';
import { FakeServer } from './testing/fake_server.ts';
import { FakeSpool } from './testing/fake_spool.ts';

const record = (index: number) => ({ timeNs: BigInt(index), bytes: Buffer.from(`paul ${index}.0 ${index}\n`) });

async function spoolOf(count: number): Promise<FakeSpool> {
  const spool = new FakeSpool();
  await spool.put(Array.from({ length: count }, (_, index) => record(index)));
  return spool;
}

function start(spool: FakeSpool, server: FakeServer, options: Partial<ShipperOptions> = {}) {
  const virtual = new VirtualWorld();
  const acknowledged: string[] = [];
  const shipper = startShipper({
    name: 'paul',
    spool,
    client: server,
    world: virtual.world,
    onAcknowledged: ({ records }) => {
      for (const { timeNs } of records) acknowledged.push(`ACK ${timeNs}`);
    },
    ...options,
  });
  return { shipper, virtual, acknowledged };
}

const acks = (count: number): string[] => Array.from({ length: count }, (_, index) => `ACK ${index}`);

test('startShipper sends what waits and tells each record’s receipt, in order (S0.13)', async () => {
  const spool = await spoolOf(9);
  const server = new FakeServer();
  const { shipper, acknowledged, virtual } = start(spool, server);
  await shipper.drained();
  assert.deepEqual(acknowledged, acks(9));
  assert.deepEqual(server.lines(), spool.lines());
  assert.equal(spool.acknowledged, 9);
  await spool.put([record(9)]);
  await shipper.drained();
  assert.deepEqual(acknowledged, acks(10));
  await shipper.stop();
  await shipper.done;
  assert.equal(shipper.counts.records, 10);
  assert.equal(virtual.pendingTimers, 0);
});

test('startShipper starts before the sensor ever did, and waits without a timer (S0.11)', async () => {
  const spool = new FakeSpool();
  const server = new FakeServer();
  const { shipper, virtual, acknowledged } = start(spool, server);
  await shipper.drained();
  assert.equal(virtual.pendingTimers, 0);
  await spool.put([record(0)]);
  await shipper.drained();
  assert.deepEqual(acknowledged, ['ACK 0']);
  await shipper.stop();
});

test('startShipper keeps many batches in flight, and forgets none without its receipt [I12]', async () => {
  const spool = await spoolOf(40);
  const server = new FakeServer();
  server.hold = true;
  const limits = testLimits({ windowBatchesMax: 5 });
  const { shipper, virtual } = start(spool, server, { limits });
  await virtual.advance(1);
  assert.equal(server.batches.length, 5);
  assert.equal(spool.sealed.length, 5);
  assert.equal(spool.acknowledged, 0);
  server.hold = false;
  server.release();
  await shipper.drained();
  assert.equal(spool.acknowledged, 40);
  await shipper.stop();
});

test('startShipper seals no larger than the link takes in one piece, nor than the limits say', async () => {
  const server = new FakeServer();
  for (const [pieceBytes, target] of [
    [4_096, 4_096],
    [1_048_576, 200_000],
  ] as const) {
    server.pieceBytes = pieceBytes;
    const spool = await spoolOf(2);
    spool.nextSequence = server.batches.length;
    const { shipper } = start(spool, server, { limits: testLimits({ batchBytesTarget: 200_000 }) });
    await shipper.drained();
    await shipper.stop();
    assert.deepEqual(new Set(spool.targets), new Set([target]));
  }
});

test('startShipper resends what was sealed and never acknowledged, bit-identical, before anything new [F9]', async () => {
  const spool = await spoolOf(10);
  const server = new FakeServer();
  server.hold = true;
  const first = start(spool, server, { limits: testLimits({ windowBatchesMax: 3 }) });
  await first.virtual.advance(1);
  server.cut();
  const resent = spool.sealed.map(({ bytes }) => bytes);
  assert.equal(resent.length, 3);

  server.hold = false;
  const second = start(spool, server);
  await second.shipper.drained();
  assert.deepEqual(server.attempts.slice(3, 6), resent);
  assert.deepEqual(server.lines(), spool.lines());
  assert.deepEqual(second.acknowledged, acks(10));
  assert.equal(second.shipper.counts.duplicates, 3);
  await second.shipper.stop();
});

test('startShipper loses, repeats and reorders nothing, whenever it and the receipts are cut [P2] [P3] [I12]', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(4), fc.nat(6), fc.boolean()), { maxLength: 12 }), async (lives) => {
      const spool = new FakeSpool();
      const server = new FakeServer();
      let produced = 0;
      for (const [puts, receipts, deaf] of lives) {
        for (let count = 0; count < puts; count++) await spool.put([record(produced++)]);
        server.deaf = deaf;
        server.receiptsLeft = receipts;
        const life = start(spool, server, { limits: testLimits({ windowBatchesMax: 3 }) });
        await life.virtual.advance(1);
        server.cut();
        await life.shipper.stop();
      }
      server.deaf = false;
      server.receiptsLeft = Number.POSITIVE_INFINITY;
      const last = start(spool, server);
      await last.shipper.drained();
      await last.shipper.stop();
      assert.deepEqual(server.lines(), spool.lines());
      assert.equal(spool.acknowledged, produced);
    }),
    { numRuns: 60 },
  );
});

test('startShipper tells receipts before the spool forgets: a kill in between repeats an ACK, it never loses one (S0.14)', async () => {
  const spool = await spoolOf(2);
  const { shipper, acknowledged } = start(spool, new FakeServer(), {});
  spool.acknowledge = () => Promise.reject(new PacketboatError('storeFailed', 'A sync failed'));
  await assert.rejects(shipper.done, { code: 'storeFailed' });
  assert.deepEqual(acknowledged, acks(2));
});

test('startShipper stops at a final refusal, with its reason, and keeps everything (A0.8)', async () => {
  for (const code of ['staleEpoch', 'closed', 'incarnationMismatch', 'dataLossDetected', 'wrongStore'] as const) {
    const spool = await spoolOf(6);
    const server = new FakeServer();
    server.refusal = new PacketboatError(code, 'No');
    const { shipper } = start(spool, server);
    await assert.rejects(shipper.done, { code });
    await assert.rejects(shipper.drained(), { code });
    assert.equal(spool.acknowledged, 0);
    await shipper.stop();
  }
});

test('startShipper tells that the server refuses for the moment, without a flood', async () => {
  const server = new FakeServer();
  const problems: string[] = [];
  const { shipper, virtual } = start(new FakeSpool(), server, { onProblem: (message) => problems.push(message) });
  await virtual.advance(1);
  const reason = new PacketboatError('diskFull', 'The disk of the store is full');
  for (let times = 1; times <= 5; times++) server.refuse(reason);
  assert.deepEqual(problems, ['The server refuses, trying again: The disk of the store is full']);
  await shipper.stop();
});

test('startShipper stops with wrongStore when the server forgot what it had acknowledged', async () => {
  const spool = await spoolOf(6);
  const first = start(spool, new FakeServer());
  await first.shipper.drained();
  await first.shipper.stop();
  await spool.put([record(6)]);
  const other = new FakeServer();
  const second = start(spool, other);
  await assert.rejects(second.shipper.done, { code: 'wrongStore' });
  assert.deepEqual(other.batches, []);
  assert.equal((await spool.status()).waiting, 1);
});

test('startShipper stops when its spool is an old copy: new records must not pass for duplicates', async () => {
  const server = new FakeServer();
  const first = start(await spoolOf(6), server);
  await first.shipper.drained();
  await first.shipper.stop();
  const old = await spoolOf(2);
  const second = start(old, server);
  await assert.rejects(second.shipper.done, { code: 'sequenceReused' });
  assert.equal(server.batches.length, 3);
  assert.equal(old.acknowledged, 0);
});

test('startShipper goes on when the spool’s own disk has room again', async () => {
  const spool = await spoolOf(6);
  const problems: string[] = [];
  spool.failures.push(new PacketboatError('diskFull', 'No space'), new PacketboatError('diskFull', 'No space'));
  const { shipper, virtual } = start(spool, new FakeServer(), { onProblem: (message) => problems.push(message) });
  await virtual.advance(10_000);
  await shipper.drained();
  assert.equal(spool.acknowledged, 6);
  assert.equal(problems.length, 1);
  await shipper.stop();
});

test('startShipper stop waits for receipts on their way, but not for ever', async () => {
  const server = new FakeServer();
  server.hold = true;
  const spool = await spoolOf(4);
  const first = start(spool, server);
  await first.virtual.advance(1);
  const stopped = first.shipper.stop();
  await first.virtual.advance(1);
  server.release();
  await stopped;
  assert.equal(spool.acknowledged, 4);
  await first.shipper.done;

  await spool.put([record(4)]);
  const second = start(spool, server);
  await second.virtual.advance(1);
  const given = second.shipper.stop();
  await second.virtual.advance(3_000);
  await given;
  await second.shipper.done;
  assert.equal(spool.acknowledged, 4);
  assert.equal(spool.sealed.length, 1);
  await assert.rejects(second.shipper.drained(), { code: 'aborted' });
});

test('startShipper stop ends the waiting for a server that is not there', async () => {
  const server = new FakeServer();
  server.absent = true;
  const { shipper, virtual } = start(await spoolOf(1), server);
  await virtual.advance(1);
  await shipper.stop();
  await shipper.done;
  assert.equal(virtual.pendingTimers, 0);
});

test('startShipper holds no more in memory than its window, however long the backlog and slow the telling', async () => {
  const spool = await spoolOf(200);
  const limits = testLimits({ windowBatchesMax: 4 });
  let most = 0;
  const told: number[] = [];
  const { shipper, virtual } = start(spool, new FakeServer(), {
    limits,
    onAcknowledged: async ({ sequence }) => {
      most = Math.max(most, spool.sealed.length);
      told.push(sequence);
      await Promise.resolve();
    },
  });
  await shipper.drained();
  await virtual.advance(1);
  assert.ok(most <= 4, `${most} batches were held`);
  assert.deepEqual(
    told,
    Array.from({ length: 100 }, (_, index) => index),
  );
  await shipper.stop();
});
