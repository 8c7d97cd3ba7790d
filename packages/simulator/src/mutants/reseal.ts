import {
  type Batch,
  batchRecords,
  crc32,
  openBatch,
  type ProducerPosition,
  type RecordInput,
  sealBatch,
} from '@packetboat/core';
import { defaultLimits } from '@packetboat/core';

/** The batch under no producer: nothing keeps it from being stored. */
export function unnumbered(batch: Batch): Batch {
  return reseal(batch, batchRecords(batch), undefined);
}

/** The batch with other records or another producer. */
export function reseal(batch: Batch, records: Iterable<RecordInput>, producer: ProducerPosition | undefined): Batch {
  const { gap, close } = batch;
  const input = { records: [...records], gap, close, ...(producer !== undefined && { producer }) };
  return openBatch(sealBatch(input, crc32), 0, crc32, defaultLimits);
}
