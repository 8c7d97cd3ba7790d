import { type Batch, batchRecords, type RecordInput, sealBatch } from './batch.ts';
import type { Crc32 } from './ports.ts';

/** Where a fork leaves the batches of its source (Durable Streams protocol, section 4.2). */
export interface BatchCut {
  /** Whole records that are taken. */
  readonly records: number;
  /** How much more is taken of the batch that holds the next record. */
  readonly subOffset: number;
  /** What `subOffset` counts. */
  readonly unit: 'records' | 'bytes';
}

/**
 * The beginning of batches that follow each other. What is taken whole stays bit for bit as it is. A batch that is
 * cut, or that closes the stream, is sealed anew: without its producer, who never sent it so, and without the closing.
 * A record that is cut becomes a record of the bytes that are taken. Times are kept.
 *
 * @returns `undefined` when `subOffset` reaches beyond the batch in which it begins.
 */
export function cutBatches(batches: readonly Batch[], cut: BatchCut, crc32: Crc32): Uint8Array[] | undefined {
  const taken: Uint8Array[] = [];
  let before = cut.records;
  for (const batch of batches) {
    const isLast = before < batch.count;
    const records = isLast ? beginning(batch, { ...cut, records: before }) : batchRecords(batch);
    if (records === undefined) return undefined;
    const bytes = isLast || batch.close ? seal(batch, Array.from(records), crc32) : batch.bytes;
    if (bytes !== undefined) taken.push(bytes);
    if (isLast) return taken;
    before -= batch.count;
  }
  return cut.subOffset === 0 ? taken : undefined;
}

/** The records of `batch` before the cut, or `undefined` when it lies beyond the batch. */
function beginning(batch: Batch, { records, subOffset, unit }: BatchCut): RecordInput[] | undefined {
  const all = Array.from(batchRecords(batch));
  if (unit === 'records') return records + subOffset > all.length ? undefined : all.slice(0, records + subOffset);
  const taken = all.slice(0, records);
  let left = subOffset;
  for (const { timeNs, bytes } of all.slice(records)) {
    if (left === 0) break;
    // Half a gap would say nothing true about what is lost (P6).
    if (batch.gap && bytes.length > left) return undefined;
    taken.push({ timeNs, bytes: bytes.subarray(0, left) });
    left = Math.max(0, left - bytes.length);
  }
  return left === 0 ? taken : undefined;
}

/** `records` of `batch` as an open batch of their own; none make no batch. */
function seal(batch: Batch, records: readonly RecordInput[], crc32: Crc32): Uint8Array | undefined {
  if (records.length === 0) return undefined;
  const payloadBytes = records.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const isWhole = records.length === batch.count && payloadBytes === batch.payload.length && !batch.close;
  return isWhole ? batch.bytes : sealBatch({ records, gap: batch.gap }, crc32);
}
