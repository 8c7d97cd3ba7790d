import { PacketboatError, quoted } from '@packetboat/core';
import type { StreamRow } from './stream_row.ts';

/** @throws {PacketboatError} `dataLossDetected` while the stream's loss is not accepted (F15). */
export function refuseLoss(row: StreamRow): void {
  if (row.loss === undefined) return;
  throw new PacketboatError(
    'dataLossDetected',
    `${quoted(row.stream)} ends at ${row.tail.offset}, but ${row.loss.tail} records were acknowledged`,
  );
}
