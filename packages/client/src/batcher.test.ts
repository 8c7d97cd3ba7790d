import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sealBatch } from '@packetboat/core';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import { Batcher } from './batcher.ts';

const { crc32 } = new VirtualWorld().world;
const record = (length: number) => ({ timeNs: 1n, bytes: new Uint8Array(length) });

test('Batcher counts exactly the bytes that its batches will have', () => {
  const batcher = new Batcher(3);
  const limits = testLimits();
  for (const length of [0, 1, 50, 300]) void batcher.add(record(length), 200, limits);
  const { queuedBytes } = batcher;
  let bytes = 0;
  for (let batch = batcher.take(); batch !== undefined; batch = batcher.take()) {
    const producer = { id: 'abc', epoch: 0, sequence: 0 };
    const sealed = sealBatch({ records: batch.records, producer }, crc32);
    assert.equal(batch.bytes, sealed.length);
    bytes += sealed.length;
  }
  assert.equal(queuedBytes, bytes);
  assert.equal(batcher.queuedBytes, 0);
});

test('Batcher ends a batch before its target, its record limit, and for what is larger alone', () => {
  const batcher = new Batcher(1);
  const limits = testLimits({ batchRecordsMax: 3 });
  for (let index = 0; index < 4; index++) void batcher.add(record(1), 10_000, limits);
  void batcher.add(record(500), 400, limits);
  void batcher.add(record(1), 400, limits);
  const counts: number[] = [];
  for (let batch = batcher.take(); batch !== undefined; batch = batcher.take()) counts.push(batch.records.length);
  assert.deepEqual(counts, [3, 1, 1, 1]);
});

test('Batcher gives all records of a batch one promise, that of the batch', () => {
  const batcher = new Batcher(1);
  const limits = testLimits();
  const promises = [1, 2, 3].map(() => batcher.add(record(1), 1_000, limits));
  assert.equal(new Set(promises).size, 1);
  assert.equal(batcher.length, 1);
  assert.equal(batcher.last?.settled.promise, promises[0]);
  assert.notEqual(batcher.take() && batcher.add(record(1), 1_000, limits), promises[0]);
});
