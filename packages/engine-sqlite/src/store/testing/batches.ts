import {
  type Batch,
  type BatchInput,
  batchRecords,
  crc32,
  defaultLimits,
  openBatch,
  openBatches,
  sealBatch,
  type Segment,
  type Store,
} from '@packetboat/core';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A sealed and opened batch of these texts. */
export function batchOf(texts: readonly string[], more: Omit<BatchInput, 'records'> = {}): Batch {
  const records = texts.map((text, index) => ({ timeNs: BigInt(index), bytes: encoder.encode(text) }));
  return openBatch(sealBatch({ records, ...more }, crc32), 0, crc32, defaultLimits);
}

/** The batch number `sequence` of a producer: one record that names both. */
export function numbered(id: string, sequence: number, epoch = 0): Batch {
  return batchOf([`${id}-${epoch}-${sequence};`], { producer: { id, epoch, sequence } });
}

/** Everything that can be read of a stream, as texts. @throws what the store throws, and when a checksum is wrong. */
export async function readTexts(store: Pick<Store, 'log'>, stream: string): Promise<string[]> {
  const info = await store.log.info(stream);
  if (typeof info === 'string') return [info];
  const texts: string[] = [];
  let [from, checksum] = [info.first, info.firstChecksum];
  while (from < info.tail) {
    const outcome = await store.log.read(stream, from, 65_536);
    if (outcome.kind !== 'segments' || outcome.segments.length === 0) throw new Error(`read answers ${outcome.kind}`);
    for (const segment of outcome.segments) {
      texts.push(...textsOf(segment));
      checksum = openBatches(segment.bytes, crc32, defaultLimits).reduce(
        (sum, { payload }) => crc32(payload, sum),
        checksum,
      );
      if (checksum !== segment.checksumAfter) throw new Error(`the running checksum is wrong after ${segment.base}`);
      from = segment.base + segment.count;
    }
  }
  return texts;
}

function textsOf(segment: Segment): string[] {
  return openBatches(segment.bytes, crc32, defaultLimits).flatMap((batch) =>
    Array.from(batchRecords(batch), ({ bytes }) => decoder.decode(bytes)),
  );
}
