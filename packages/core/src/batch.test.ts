import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import {
  type Batch,
  type BatchInput,
  batchRecords,
  openBatch,
  openBatches,
  type ProducerPosition,
  sealBatch,
  sealedBytes,
} from './batch.ts';
import { PacketboatError } from './errors.ts';
import { defaultLimits } from './limits.ts';

const open = (bytes: Uint8Array, at = 0, limits = {}) => openBatch(bytes, at, crc32, { ...defaultLimits, ...limits });
const record = (text: string, timeNs = 1n) => ({ timeNs, bytes: new TextEncoder().encode(text) });

const plain = { noNullPrototype: true };
const ids = fc.stringMatching(/^[a-z_é漢😀\0\ufeff ]{1,20}$/u);
const producers = fc.record({ id: ids, epoch: fc.maxSafeNat(), sequence: fc.maxSafeNat() }, plain);
const times = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const anyRecord = fc.record({ timeNs: times, bytes: fc.uint8Array({ maxLength: 40 }) }, plain);
const inputs: fc.Arbitrary<BatchInput> = fc
  .record({ records: fc.array(anyRecord, { maxLength: 12 }), gap: fc.boolean(), close: fc.boolean() }, plain)
  .chain((input) => fc.option(producers, { nil: undefined }).map((producer) => withProducer(input, producer)))
  .filter((input) => input.records.length > 0 || input.close === true);

function withProducer(input: BatchInput, producer: ProducerPosition | undefined): BatchInput {
  return producer === undefined ? input : { ...input, producer };
}

/** What went into a batch, read back. */
function inputOf(batch: Batch): BatchInput {
  const records = Array.from(batchRecords(batch), ({ timeNs, bytes }) => ({ timeNs, bytes: Uint8Array.from(bytes) }));
  return withProducer({ records, gap: batch.gap, close: batch.close }, batch.producer);
}

/** Whatever `run` throws is a refusal of ours. */
function refused(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    assert(error instanceof PacketboatError, `${String(error)} is no PacketboatError`);
    assert(error.code === 'badBatch' || error.code === 'tooLarge', error.code);
    return true;
  }
}

test('openBatch reads back what sealBatch sealed, at any place in a buffer [P5]', () => {
  const property = fc.property(inputs, fc.nat(20), fc.nat(20), (input, before, after) => {
    const sealed = sealBatch(input, crc32);
    const idBytes = new TextEncoder().encode(input.producer?.id ?? '').length;
    const payload = Buffer.concat(input.records.map(({ bytes }) => bytes));
    assert.equal(sealed.length, sealedBytes(idBytes, input.records.length, payload.length));
    const buffer = Buffer.concat([new Uint8Array(before).fill(255), sealed, new Uint8Array(after).fill(255)]);
    const batch = open(buffer, before);
    assert.deepEqual(inputOf(batch), input);
    assert.equal(batch.count, input.records.length);
    assert.deepEqual(Buffer.from(batch.payload), payload);
    assert.deepEqual(Uint8Array.from(batch.bytes), sealed);
  });
  fc.assert(property, { numRuns: 300 });
});

test('openBatch refuses every prefix of a batch', () => {
  const sealed = sealBatch(
    { records: [record('some'), record('text')], producer: { id: 'p', epoch: 1, sequence: 2 } },
    crc32,
  );
  for (let length = 0; length < sealed.length; length++) {
    assert(
      refused(() => open(sealed.subarray(0, length))),
      `${length} bytes were taken`,
    );
  }
});

test('openBatch detects every single flipped bit [P5] [F14]', () => {
  const producer = { id: 'producer', epoch: 1, sequence: 2 };
  for (const sealed of [
    sealBatch({ records: [record('some'), record(''), record('text')], producer }, crc32),
    sealBatch({ records: [], close: true }, crc32),
  ]) {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const damaged = sealed.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert(
        refused(() => open(damaged)),
        `bit ${bit & 7} of byte ${bit >> 3} was flipped unnoticed`,
      );
    }
  }
});

test('openBatch refuses arbitrary bytes with a PacketboatError and nothing else', () => {
  const noise = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => refused(() => open(bytes)));
  fc.assert(noise, { numRuns: 2_000 });
});

test('openBatch refuses a batch damaged and sealed again, or reads it without inventing bytes', () => {
  const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 });
  const property = fc.property(inputs, changes, (input, list) => {
    const bytes = sealBatch(input, crc32);
    for (const [at, value] of list) bytes[at % bytes.length] = value;
    // A hostile sender computes a right CRC.
    new DataView(bytes.buffer).setUint32(8, crc32(bytes.subarray(12)), true);
    if (refused(() => open(bytes))) return;
    const batch = open(bytes);
    let payloadBytes = 0;
    for (const { bytes: payload } of batchRecords(batch)) payloadBytes += payload.length;
    assert.equal(payloadBytes, batch.payload.length);
  });
  fc.assert(property, { numRuns: 2_000 });
});

test('openBatch refuses each lie of a header under a right CRC', () => {
  const producer = { id: 'p', epoch: 1, sequence: 2 };
  const full = sealBatch({ records: [record('ab'), record('c')], producer }, crc32);
  const lone = sealBatch({ records: [record('ab')] }, crc32);
  const closing = sealBatch({ records: [], close: true }, crc32);
  const lies: [Uint8Array, number, number[], RegExp][] = [
    [full, 0, [0], /PKB1/],
    [full, 4, [39, 0, 0, 0], /does not fit/],
    [full, 4, [full.length + 1], /does not fit/],
    [full, 12, [2], /version 2/],
    [full, 13, [4], /flags 4/],
    [full, 15, [1], /flags/],
    [full, 14, [9], /columns/],
    [full, 16, [3], /columns/],
    [full, 20, [4], /columns/],
    [full, 24, Array(8).fill(255), /2\^53/],
    [full, 32, [0, 0, 0, 0, 0, 0, 32], /2\^53/],
    [full, 40, [0xff], /UTF-8/],
    [full, 47, [1], /padding/],
    [full, full.length - 7, [2], /lengths add up/],
    [lone, 24, [1], /no producer/],
    [lone, 32, [1], /no producer/],
    [closing, 13, [0], /closes nothing/],
  ];
  for (const [honest, at, bytes, message] of lies) {
    const lie = honest.slice();
    lie.set(bytes, at);
    new DataView(lie.buffer).setUint32(8, crc32(lie.subarray(12)), true);
    assert.throws(() => open(lie), { code: 'badBatch', message }, `byte ${at} = ${bytes.join()}`);
  }
});

test('openBatches finds the batches that lie side by side', () => {
  const property = fc.property(fc.array(inputs, { maxLength: 6 }), (list) => {
    const sealed = list.map((input) => sealBatch(input, crc32));
    const batches = openBatches(Buffer.concat(sealed), crc32, defaultLimits);
    assert.deepEqual(batches.map(inputOf), list);
    if (sealed.length > 0) {
      assert(refused(() => openBatches(Buffer.concat([...sealed, new Uint8Array(1)]), crc32, defaultLimits)));
    }
  });
  fc.assert(property, { numRuns: 100 });
});

test('openBatch keeps a byte order mark that begins a producer id', () => {
  const producer = { id: '\ufeffp', epoch: 0, sequence: 0 };
  assert.deepEqual(open(sealBatch({ records: [record('x')], producer }, crc32)).producer, producer);
});

test('batchRecords begins at the record it is told to', () => {
  const batch = open(sealBatch({ records: ['a', 'bb', '', 'd'].map((text) => record(text)) }, crc32));
  const texts = (skip: number) => Array.from(batchRecords(batch, skip), ({ bytes }) => Buffer.from(bytes).toString());
  assert.deepEqual(texts(0), ['a', 'bb', '', 'd']);
  assert.deepEqual(texts(1), ['bb', '', 'd']);
  assert.deepEqual(texts(3), ['d']);
  assert.deepEqual(texts(4), []);
});

test('openBatch enforces the limits by name [P7]', () => {
  const sealed = sealBatch(
    { records: [record('12345'), record('1')], producer: { id: 'long', epoch: 0, sequence: 0 } },
    crc32,
  );
  for (const [limits, code] of [
    [{ batchBytesMax: sealed.length - 1 }, 'tooLarge'],
    [{ batchRecordsMax: 1 }, 'tooLarge'],
    [{ recordBytesMax: 4 }, 'tooLarge'],
    [{ producerIdBytesMax: 3 }, 'badBatch'],
  ] as const) {
    assert.throws(() => open(sealed, 0, limits), { code }, JSON.stringify(limits));
  }
  open(sealed, 0, { batchBytesMax: sealed.length, batchRecordsMax: 2, recordBytesMax: 5, producerIdBytesMax: 4 });
});

test('openBatch believes no header before the bytes are there (hostile input 10)', () => {
  const header = new Uint8Array(64);
  header.set(new TextEncoder().encode('PKB1'));
  new DataView(header.buffer).setUint32(4, 0xffff_ffff, true);
  assert.throws(() => open(header), { code: 'tooLarge' });
  new DataView(header.buffer).setUint32(4, 65, true);
  assert.throws(() => open(header), { code: 'badBatch' });
  assert.throws(() => open(sealBatch({ records: Array(70_000).fill(record('')) }, crc32)), { code: 'tooLarge' });
});

test('sealBatch refuses what openBatch would not read back', () => {
  const some = [record('x')];
  const position = { id: 'p', epoch: 0, sequence: 0 };
  const bad: BatchInput[] = [
    { records: [] },
    { records: [record('x', 2n ** 63n)] },
    { records: [record('x', -(2n ** 63n) - 1n)] },
    { records: some, producer: { ...position, id: '' } },
    { records: some, producer: { ...position, id: 'é'.repeat(128) } },
    { records: some, producer: { ...position, id: '\ud800' } },
    { records: some, producer: { ...position, epoch: -1 } },
    { records: some, producer: { ...position, epoch: 0.5 } },
    { records: some, producer: { ...position, sequence: 2 ** 53 } },
    { records: some, producer: { ...position, sequence: Number.NaN } },
  ];
  for (const input of bad) assert.throws(() => sealBatch(input, crc32), { code: 'badBatch' });
});

test('openBatch keeps times that differ by one nanosecond distinct [T1]', () => {
  const neighbours = [1612091235112730000n, 1612091235112730001n, 2n ** 63n - 1n, -1n];
  const batch = open(sealBatch({ records: neighbours.map((timeNs) => record('4.0', timeNs)) }, crc32));
  assert.deepEqual(
    Array.from(batchRecords(batch), ({ timeNs }) => timeNs),
    neighbours,
  );
});
