import { batchRecords, crc32, defaultLimits, openBatches, PacketboatError, type Store } from '@packetboat/core';

/** The records of a stream, as texts. */
export async function storedTexts(store: Store, stream: string): Promise<string[]> {
  const outcome = await store.log.read(stream, 0, defaultLimits.readBytesMax);
  if (outcome.kind !== 'segments') throw new PacketboatError('internal', `Reading ${stream}: ${outcome.kind}`);
  const batches = outcome.segments.flatMap(({ bytes }) => openBatches(bytes, crc32, defaultLimits));
  return batches.flatMap((batch) => [...batchRecords(batch)].map(({ bytes }) => Buffer.from(bytes).toString()));
}
