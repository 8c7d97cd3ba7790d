/** Reading whole streams, for comparisons that must not depend on segments. */
import assert from 'node:assert/strict';
import { batchRecords, openBatches } from '../batch.ts';
import { crc32 } from '../crc32.ts';
import { defaultLimits } from '../limits.ts';
import type { ReadOutcome, Segment, Store } from '../store.ts';

/** A read of everything from `from` on, in small pieces. */
export async function readAll(store: Store, stream: string, from: number): Promise<ReadOutcome> {
  const segments: Segment[] = [];
  for (let at = from; ; ) {
    const outcome = await store.log.read(stream, at, 200);
    if (outcome.kind !== 'segments') return outcome;
    segments.push(...outcome.segments);
    const last = outcome.segments.at(-1);
    if (last === undefined) return { ...outcome, segments };
    assert(last.base + last.count > at, 'a read makes no progress');
    at = last.base + last.count;
  }
}

/** Ends of a segment's batches, and the running checksums there. */
export function boundariesOf({ base, checksumBefore, bytes }: Segment): [offset: number, checksum: number][] {
  let [offset, checksum] = [base, checksumBefore];
  return openBatches(bytes, crc32, defaultLimits).map(({ count, payload }) => {
    offset += count;
    checksum = crc32(payload, checksum);
    return [offset, checksum];
  });
}

/** Records from `from` on, each with its offset and its batch's identity. */
export function recordsFrom(segments: readonly Segment[], from: number): unknown[] {
  const records: unknown[] = [];
  let offset = segments[0]?.base ?? from;
  for (const segment of segments) {
    assert.equal(segment.base, offset);
    let checksum = segment.checksumBefore;
    for (const batch of openBatches(segment.bytes, crc32, defaultLimits)) {
      checksum = crc32(batch.payload, checksum);
      for (const record of batchRecords(batch)) {
        const { crc, producer, close } = batch;
        if (offset >= from)
          records.push({ offset, timeNs: record.timeNs, bytes: [...record.bytes], crc, producer, close });
        offset += 1;
      }
    }
    assert.equal(checksum, segment.checksumAfter);
    assert.equal(offset, segment.base + segment.count);
  }
  return records;
}
