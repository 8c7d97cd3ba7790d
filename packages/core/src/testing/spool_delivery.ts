/** What tests of spools share: numbered records, and a server that takes everything. */
import assert from 'node:assert/strict';
import { batchRecords, type Gap, openBatch, type RecordInput } from '../batch.ts';
import { crc32 } from '../crc32.ts';
import { defaultLimits } from '../limits.ts';
import type { Spool } from '../spool.ts';
import { gapOf } from '../spool_sample.ts';

const startNs = 1_612_091_235_112_730_001n;

/** `count` records whose payload says which sample each is, from sample `first` on. */
export function samples(first: number, count: number, payloadBytes = 0): RecordInput[] {
  return Array.from({ length: count }, (_, index) => ({
    timeNs: startNs + BigInt(first + index),
    bytes: new TextEncoder().encode(`sample ${first + index}`.padEnd(payloadBytes, '.')),
  }));
}

/** Which sample a payload of {@linkcode samples} says it is. */
export function sampleNumber(bytes: Uint8Array): number {
  const [, number] = /^sample (\d+)\.*$/.exec(new TextDecoder().decode(bytes)) ?? [];
  assert.ok(number !== undefined, 'not a byte of a payload is changed');
  return Number(number);
}

/** What a server got: payloads and gaps in their order. */
export interface Delivery {
  readonly records: RecordInput[];
  readonly gaps: Gap[];
  /** Records and gaps in their order: the number a record says it is, or a gap. */
  readonly order: (number | Gap)[];
}

/** Adds what a batch holds to `delivery`. */
export function deliver(delivery: Delivery, bytes: Uint8Array): void {
  const batch = openBatch(bytes, 0, crc32, defaultLimits);
  for (const record of batchRecords(batch)) {
    if (batch.gap) {
      const gap = gapOf(record);
      delivery.gaps.push(gap);
      delivery.order.push(gap);
    } else {
      delivery.records.push(record);
      delivery.order.push(sampleNumber(record.bytes));
    }
  }
}

/** Ships everything that waits to a server that acknowledges every batch at once. */
export async function drain(spool: Spool, batchBytes = 2_000): Promise<Delivery> {
  const delivery: Delivery = { records: [], gaps: [], order: [] };
  for await (const { sequence, bytes } of spool.unacknowledged()) {
    deliver(delivery, bytes);
    await spool.acknowledge(sequence);
  }
  for (let batch = await spool.seal(batchBytes); batch !== undefined; batch = await spool.seal(batchBytes)) {
    deliver(delivery, batch.bytes);
    await spool.acknowledge(batch.sequence);
  }
  return delivery;
}

/** Checks that each of `produced` samples was delivered once, in order and unchanged, or stands in a gap (P6, I12). */
export function assertAccounted(delivery: Delivery, produced: number): void {
  let next = 0;
  for (const item of delivery.order) {
    if (typeof item === 'number') {
      assert.equal(item, next, 'samples come in order, and none is missing without a gap');
      next += 1;
    } else {
      assert.equal(item.from, next);
      assert.equal(item.count, item.to - item.from + 1);
      next = item.to + 1;
    }
  }
  assert.equal(next, produced);
}
