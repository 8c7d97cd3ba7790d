/**
 * A stored segment: the batches one commit stored for one stream, and where they stand in it.
 *
 * All numbers are little-endian:
 *
 * ```
 *  0  u8   version (1)
 *  1  u8   1 = the stream is closed after it
 *  4  u32  records
 *  8  u32  running checksum before
 * 12  u32  running checksum after
 * 16  u32  payload bytes
 * 24  f64  offset of the first record
 * 32  f64  bytes of the stream's batches before
 * 40  f64  payload bytes of the stream before
 * 48  i64  when it was stored, nanoseconds since the Unix epoch
 * 56       the batches, side by side
 * ```
 */
import { assert } from '@packetboat/core';
import type { StreamPoint } from './stream_row.ts';

const headBytes = 56;
const version = 1;

/** What is known of a segment besides its batches. */
export interface SegmentHead {
  readonly before: StreamPoint;
  readonly after: StreamPoint;
  readonly close: boolean;
  readonly storedNs: bigint;
}

export interface SegmentRow extends SegmentHead {
  /** The sealed batches, side by side. */
  readonly bytes: Uint8Array;
}

/** The row that stores `batches` behind `head`. */
export function encodeSegmentRow(head: SegmentHead, batches: readonly Uint8Array[]): Uint8Array {
  const { before, after } = head;
  const row = new Uint8Array(headBytes + after.bytes - before.bytes);
  const view = new DataView(row.buffer);
  view.setUint8(0, version);
  view.setUint8(1, head.close ? 1 : 0);
  view.setUint32(4, after.offset - before.offset, true);
  view.setUint32(8, before.checksum, true);
  view.setUint32(12, after.checksum, true);
  view.setUint32(16, after.payloadBytes - before.payloadBytes, true);
  view.setFloat64(24, before.offset, true);
  view.setFloat64(32, before.bytes, true);
  view.setFloat64(40, before.payloadBytes, true);
  view.setBigInt64(48, head.storedNs, true);
  let at = headBytes;
  for (const batch of batches) {
    row.set(batch, at);
    at += batch.length;
  }
  assert(at === row.length, `a segment of ${row.length} bytes is filled by its batches, not ${at}`);
  return row;
}

/** Reads a row that passed its CRC; `bytes` is a view of it. */
export function decodeSegmentRow(row: Uint8Array): SegmentRow {
  const view = new DataView(row.buffer, row.byteOffset, row.length);
  assert(view.getUint8(0) === version, `segments have version ${version}, not ${view.getUint8(0)}`);
  const before = {
    offset: view.getFloat64(24, true),
    checksum: view.getUint32(8, true),
    bytes: view.getFloat64(32, true),
    payloadBytes: view.getFloat64(40, true),
  };
  const bytes = row.subarray(headBytes);
  const after = {
    offset: before.offset + view.getUint32(4, true),
    checksum: view.getUint32(12, true),
    bytes: before.bytes + bytes.length,
    payloadBytes: before.payloadBytes + view.getUint32(16, true),
  };
  return { before, after, close: view.getUint8(1) === 1, storedNs: view.getBigInt64(48, true), bytes };
}
