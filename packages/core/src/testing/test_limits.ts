import { defaultLimits, type Limits } from '../limits.ts';

/** Limits so small that tests reach them, in the same proportions as the real ones. */
export function testLimits(overrides: Partial<Limits> = {}): Limits {
  return {
    ...defaultLimits,
    recordBytesMax: 4_096,
    batchRecordsMax: 256,
    batchBytesMax: 16_384,
    batchBytesTarget: 4_096,
    segmentBytesMax: 32_768,
    frameBytesMax: 65_536,
    controlBytesMax: 16_384,
    commitBytesMax: 65_536,
    appendQueueBytesMax: 262_144,
    windowBytesMax: 65_536,
    windowBatchesMax: 64,
    recentBatchesMax: 64,
    producersPerStreamMax: 64,
    producerIdBytesMax: 32,
    streamNameBytesMax: 128,
    streamsMax: 256,
    mapEntriesMax: 256,
    mapValueBytesMax: 1_024,
    readBytesMax: 65_536,
    connectionsMax: 64,
    channelsPerConnectionMax: 16,
    subscriptionsPerConnectionMax: 16,
    creditBytesMax: 262_144,
    connectionBufferBytesMax: 131_072,
    bodyBytesMax: 65_536,
    linesPerRequestMax: 100,
    ...overrides,
  };
}
