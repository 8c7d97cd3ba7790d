/** What the spool's tests share: a folder, numbered records, and a server that takes everything. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchRecords, defaultLimits, type Gap, openBatch, type RecordInput, type Spool } from '@packetboat/core';
import { VirtualWorld } from '@packetboat/core/testing';
import { openSpool, type SpoolOptions } from '../open_spool.ts';
import { spoolPath } from '../spool_database.ts';

export const { world } = new VirtualWorld(7);
const startNs = 1_612_091_235_112_730_001n;

/** A folder for one test, removed after it. */
export function testFolder(context: { after(run: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'packetboat-spool-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens the spool in `folder` as an agent does, roomy, blocking and without ballast unless told otherwise. */
export function openTestSpool(folder: string, overrides: Partial<SpoolOptions> = {}): Promise<Spool> {
  return openSpool({
    folder,
    role: 'agent',
    stream: 'sensors/paul',
    world,
    bytesMax: 100_000_000,
    whenFull: 'block',
    ballastBytes: 0,
    ...overrides,
  });
}

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
  const batch = openBatch(bytes, 0, world.crc32, defaultLimits);
  for (const record of batchRecords(batch)) {
    if (batch.gap) {
      const gap: Gap = JSON.parse(new TextDecoder().decode(record.bytes));
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

/** Copies the files of an open spool, as kill -9 would leave them, and returns the folder. */
export function crashImage(folder: string, into: string): string {
  const source = spoolPath(folder);
  copyFileSync(source, spoolPath(into));
  if (existsSync(`${source}-wal`)) copyFileSync(`${source}-wal`, `${spoolPath(into)}-wal`);
  return into;
}
