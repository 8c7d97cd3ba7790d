import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { FakeSpool, testLimits, VirtualWorld } from '@packetboat/core/testing';
import fc from 'fast-check';
import { shipSpool, type ShipSpoolOptions } from './ship_spool.ts';
import { ShipperServer } from './testing/shipper_server.ts';

const record = (index: number) => ({ timeNs: BigInt(index), bytes: Buffer.from(`paul ${index}.0 ${index}\n`) });

async function spoolOf(count: number): Promise<FakeSpool> {
  const spool = new FakeSpool();
  await spool.put(Array.from({ length: count }, (_, index) => record(index)));
  return spool;
}

function start(spool: FakeSpool, server: ShipperServer, options: Partial<ShipSpoolOptions> = {}) {
  const virtual = new VirtualWorld();
  const acknowledged: string[] = [];
  const shipper = shipSpool({
    stream: 'sensors/paul',
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

test('shipSpool sends what waits and tells each record’s receipt, in order (S0.13)', async () => {
  const spool = await spoolOf(9);
  const server = new ShipperServer();
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

test('shipSpool starts before the sensor ever did, and waits without a timer (S0.11)', async () => {
  const spool = new FakeSpool();
  const server = new ShipperServer();
  const { shipper, virtual, acknowledged } = start(spool, server);
  await shipper.drained();
  assert.equal(virtual.pendingTimers, 0);
  await spool.put([record(0)]);
  await shipper.drained();
  assert.deepEqual(acknowledged, ['ACK 0']);
  await shipper.stop();
});

test('shipSpool keeps many batches in flight, and forgets none without its receipt [I12]', async () => {
  const spool = await spoolOf(40);
  const server = new ShipperServer();
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

test('shipSpool seals no larger than the link takes in one piece, nor than the limits say', async () => {
  const server = new ShipperServer();
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

test('shipSpool resends what was sealed and never acknowledged, bit-identical, before anything new [F9]', async () => {
  const spool = await spoolOf(10);
  const server = new ShipperServer();
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

test('shipSpool loses, repeats and reorders nothing, whenever it and the receipts are cut [P2] [P3] [I12]', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(4), fc.nat(6), fc.boolean()), { maxLength: 12 }), async (lives) => {
      const spool = new FakeSpool();
      const server = new ShipperServer();
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

test('shipSpool tells receipts before the spool forgets: a kill in between repeats an ACK, it never loses one (S0.14)', async () => {
  const spool = await spoolOf(2);
  const { shipper, acknowledged } = start(spool, new ShipperServer(), {});
  spool.acknowledge = () => Promise.reject(new PacketboatError('storeFailed', 'A sync failed'));
  await assert.rejects(shipper.done, { code: 'storeFailed' });
  assert.deepEqual(acknowledged, acks(2));
});

test('shipSpool stops at a final refusal, with its reason, and keeps everything (A0.8)', async () => {
  for (const code of ['staleEpoch', 'closed', 'incarnationMismatch', 'dataLossDetected', 'wrongStore'] as const) {
    const spool = await spoolOf(6);
    const server = new ShipperServer();
    server.refusal = new PacketboatError(code, 'No');
    const { shipper } = start(spool, server);
    await assert.rejects(shipper.done, { code });
    await assert.rejects(shipper.drained(), { code });
    assert.equal(spool.acknowledged, 0);
    await shipper.stop();
  }
});

test('shipSpool stops with wrongStore when the server forgot what it had acknowledged', async () => {
  const spool = await spoolOf(6);
  const first = start(spool, new ShipperServer());
  await first.shipper.drained();
  await first.shipper.stop();
  await spool.put([record(6)]);
  const other = new ShipperServer();
  const second = start(spool, other);
  await assert.rejects(second.shipper.done, { code: 'wrongStore' });
  assert.deepEqual(other.batches, []);
  assert.equal((await spool.status()).waiting, 1);
});

test('shipSpool stops when its spool is an old copy: new records must not pass for duplicates', async () => {
  const server = new ShipperServer();
  const first = start(await spoolOf(6), server);
  await first.shipper.drained();
  await first.shipper.stop();
  const old = await spoolOf(2);
  const second = start(old, server);
  await assert.rejects(second.shipper.done, { code: 'sequenceReused' });
  assert.equal(server.batches.length, 3);
  assert.equal(old.acknowledged, 0);
});

test('shipSpool goes on when the spool’s own disk has room again', async () => {
  const spool = await spoolOf(6);
  const problems: string[] = [];
  spool.failures.push(new PacketboatError('diskFull', 'No space'), new PacketboatError('diskFull', 'No space'));
  const { shipper, virtual } = start(spool, new ShipperServer(), { onProblem: (message) => problems.push(message) });
  await virtual.advance(10_000);
  await shipper.drained();
  assert.equal(spool.acknowledged, 6);
  assert.equal(problems.length, 2);
  await shipper.stop();
});

test('shipSpool stop waits for receipts on their way, but not for ever', async () => {
  const server = new ShipperServer();
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

test('shipSpool stop ends the waiting for a server that is not there', async () => {
  const server = new ShipperServer();
  server.absent = true;
  const { shipper, virtual } = start(await spoolOf(1), server);
  await virtual.advance(1);
  await shipper.stop();
  await shipper.done;
  assert.equal(virtual.pendingTimers, 0);
});

test('shipSpool holds no more in memory than its window, however long the backlog and slow the telling', async () => {
  const spool = await spoolOf(200);
  const limits = testLimits({ windowBatchesMax: 4 });
  let most = 0;
  const told: number[] = [];
  const { shipper, virtual } = start(spool, new ShipperServer(), {
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
