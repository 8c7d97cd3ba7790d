import type { Tx } from '@packetboat/core';
import { segmentAt } from './read_segments.ts';
import type { StreamRow } from './stream_row.ts';

/**
 * Where the first segment begins that was stored at `timeNs` or later; else the tail. Halves the stream with each row
 * it reads: times of storing grow along a stream, unless somebody has set the clock back.
 *
 * @throws {PacketboatError} `damaged`
 */
export function offsetAtTime(tx: Tx, row: StreamRow, timeNs: bigint): number {
  let from = row.first.offset;
  let found = row.tail.offset;
  while (from < found) {
    const { before, after, storedNs } = segmentAt(tx, row, Math.floor((from + found) / 2));
    if (storedNs >= timeNs) found = before.offset;
    else from = after.offset;
  }
  return found;
}
