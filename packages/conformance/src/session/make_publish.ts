import { crc32, encodePart, encodePublish, sealBatch } from '@packetboat/core';
import type { BatchWish, PublishWish, RecordWish } from './case.ts';
import type { Variables } from './variables.ts';

const encoder = new TextEncoder();
const crcAt = 8;
const crcFrom = 12;

/** The binary messages of a publish frame: one, or its parts. */
export function makePublish(wish: PublishWish, variables: Variables): Uint8Array[] {
  const frame = encodePublish(
    wish.channel,
    wish.batches.map((batch) => seal(batch, variables)),
  );
  const { parts = 1 } = wish;
  if (parts === 1) return [frame];
  const sliceBytes = Math.ceil(frame.length / parts);
  return Array.from({ length: parts }, (_, index) =>
    encodePart(index, index === parts - 1, frame.subarray(index * sliceBytes, (index + 1) * sliceBytes)),
  );
}

/** The text of a record. */
export function recordText(wish: RecordWish, variables: Variables): string {
  return typeof wish === 'string' ? wish : 'x'.repeat(variables.amount(wish.bytes));
}

function seal(wish: BatchWish, variables: Variables): Uint8Array {
  const { records = [], producer = '$producer', epoch = 0, sequence, gap = false, close = false, damage } = wish;
  const position = {
    id: String(variables.resolve(producer)),
    epoch: variables.amount(epoch),
    sequence: variables.amount(sequence),
  };
  const inputs = records.map((record, index) => ({
    timeNs: BigInt(index),
    bytes: encoder.encode(recordText(record, variables)),
  }));
  const batch = sealBatch({ records: inputs, producer: position, gap, close }, crc32);
  if (damage === undefined) return batch;
  batch.set(damage.bytes, damage.at);
  if (damage.reseal === true) new DataView(batch.buffer).setUint32(crcAt, crc32(batch.subarray(crcFrom)), true);
  return batch;
}
