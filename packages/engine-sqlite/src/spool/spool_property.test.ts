import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Spool, SpooledBatch } from '@packetboat/core';
import {
  assertAccounted,
  crashImage,
  deliver,
  type Delivery,
  openTestSpool,
  samples,
  testFolder,
} from './testing/spool_fixture.ts';
import type { SpoolOptions } from './open_spool.ts';

type Step =
  | { readonly do: 'put'; readonly count: number; readonly payloadBytes: number }
  | { readonly do: 'seal'; readonly bytesMax: number }
  | { readonly do: 'acknowledge'; readonly batches: number }
  | { readonly do: 'resend' | 'reopen' | 'crash' };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('put' as const),
    count: fc.integer({ min: 1, max: 40 }),
    payloadBytes: fc.integer({ min: 10, max: 80 }),
  }),
  fc.record({ do: fc.constant('seal' as const), bytesMax: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({ do: fc.constant('acknowledge' as const), batches: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ do: fc.constantFrom('resend' as const, 'reopen' as const, 'crash' as const) }),
);

/** What a spool must hold, told naively: all samples ever put in, all batches ever sealed. */
class Model {
  readonly delivery: Delivery = { records: [], gaps: [], order: [] };
  readonly sealed: SpooledBatch[] = [];
  produced = 0;
  acknowledged = 0;

  seal(batch: SpooledBatch): void {
    assert.equal(batch.sequence, this.sealed.length);
    this.sealed.push({ sequence: batch.sequence, bytes: batch.bytes.slice() });
    deliver(this.delivery, batch.bytes);
  }
}

/** Does one step on both, and returns the spool to go on with. */
async function run(
  step: Step,
  spool: Spool,
  model: Model,
  reopen: (how: 'reopen' | 'crash') => Promise<Spool>,
): Promise<Spool> {
  switch (step.do) {
    case 'put': {
      const records = samples(model.produced, step.count, step.payloadBytes);
      const first = await spool.put(records).catch((error: Error & { code?: string }) => error.code);
      if (first === 'spoolFull') return spool;
      assert.equal(first, model.produced);
      model.produced += step.count;
      return spool;
    }
    case 'seal': {
      const batch = await spool.seal(step.bytesMax);
      if (batch !== undefined) model.seal(batch);
      return spool;
    }
    case 'acknowledge':
      model.acknowledged = Math.min(model.acknowledged + step.batches, model.sealed.length);
      await spool.acknowledge(model.acknowledged - 1);
      return spool;
    case 'resend': {
      const resent: SpooledBatch[] = [];
      for await (const batch of spool.unacknowledged()) resent.push(batch);
      assert.deepEqual(resent, model.sealed.slice(model.acknowledged));
      return spool;
    }
    default:
      return reopen(step.do);
  }
}

for (const whenFull of ['block', 'gap', 'degrade'] as const) {
  test(`openSpool ${whenFull}: any puts, seals, acknowledgements, restarts and crashes: each sample once, in order, or in a gap [P3] [P6] [F9] [F10] [F11]`, async (context) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 60 }), async (steps) => {
        let folder = testFolder(context);
        const options: Partial<SpoolOptions> = { bytesMax: 12_000, whenFull };
        let spool = await openTestSpool(folder, options);
        const model = new Model();
        const reopen = async (how: 'reopen' | 'crash'): Promise<Spool> => {
          const image = how === 'crash' ? crashImage(folder, testFolder(context)) : folder;
          await spool.close();
          folder = image;
          return openTestSpool(folder, options);
        };
        for (const step of steps) spool = await run(step, spool, model, reopen);

        for (let batch = await spool.seal(2_000); batch !== undefined; batch = await spool.seal(2_000))
          model.seal(batch);
        const resent: SpooledBatch[] = [];
        for await (const batch of spool.unacknowledged()) resent.push(batch);
        assert.deepEqual(resent, model.sealed.slice(model.acknowledged), 'resent bit-identical');
        const { delivery, produced } = model;
        const { lost, sealedCount } = await spool.status();
        assert.equal(sealedCount, delivery.order.length);
        assert.equal(delivery.records.length + lost, produced);
        if (whenFull === 'degrade') assertSparse(delivery, produced);
        else assertAccounted(delivery, produced);
        await spool.close();
      }),
      { numRuns: 15, seed: 37, endOnFailure: true },
    );
  });
}

/** As `assertAccounted`, where a coarse record may say any of the numbers it stands for. */
function assertSparse(delivery: Delivery, produced: number): void {
  let accounted = 0;
  let previous = -1;
  for (const item of delivery.order) {
    accounted += typeof item === 'number' ? 1 : item.count;
    if (typeof item !== 'number') continue;
    assert.ok(item > previous && item < accounted, 'records come in order, and none from the future');
    previous = item;
  }
  assert.equal(accounted, produced);
}
