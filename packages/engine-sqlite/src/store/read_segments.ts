import type { Absence, ReadOutcome, Segment, Tx } from '@packetboat/core';
import { damaged } from './row_crc.ts';
import { decodeSegmentRow, type SegmentRow } from './segment_row.ts';
import { infoOf, type StreamPoint, type StreamRow } from './stream_row.ts';
import { tables } from './tables.ts';

/** Rows that one scan takes at most. */
const rowsAtOnce = 4_096;

/**
 * The number under which a stream's records from `offset` on are stored, and up to where: a fork's first records are
 * stored under the numbers of the streams it stems from.
 */
export function placeOf({ fork, number, tail, closed }: StreamRow, offset: number): { number: number; to: number } {
  const ancestor = fork?.ancestors.find(({ to }) => offset < to);
  // Only a segment that closes the stream without records begins at the tail.
  return ancestor ?? { number, to: tail.offset + (closed ? 1 : 0) };
}

/**
 * The segment that holds `offset`, begins there, or closes the stream there.
 *
 * @throws {PacketboatError} `damaged` when it is not there.
 */
export function segmentAt(tx: Tx, row: StreamRow, offset: number): SegmentRow {
  const { number } = placeOf(row, offset);
  const options = { limit: 1, reverse: true };
  const found = tx.scan(tables.segments, [number, row.first.offset], [number, offset + 1], options)[0];
  const segment = found === undefined ? undefined : decodeSegmentRow(found[1]);
  const closesHere = segment?.close === true && segment.after.offset === offset;
  if (segment === undefined || (segment.after.offset <= offset && !closesHere)) {
    throw damaged(tables.segments, [number, offset], `no segment of ${row.stream} holds this offset`);
  }
  return segment;
}

/**
 * Segments from the one that holds `from` (before the tail), at most `bytesMax` bytes of batches but at least one.
 * They are consecutive from the first to the tail, so a hole is damage.
 */
export function readSegments(tx: Tx, row: StreamRow, from: number, bytesMax: number): SegmentRow[] {
  const first = segmentAt(tx, row, from);
  const segments = [first];
  let room = bytesMax - first.bytes.length;
  for (let end = first.after; room > 0 && end.bytes < row.tail.bytes; ) {
    const { number, to } = placeOf(row, end.offset);
    const start = [number, end.offset];
    const rows = tx.scan(tables.segments, start, [number, to], { limit: rowsAtOnce, bytesMax: room });
    if (rows.length === 0) throw damaged(tables.segments, start, `${row.stream} goes on to ${row.tail.offset}`);
    for (const [key, value] of rows) {
      const segment = decodeSegmentRow(value);
      checkJoint(row, end, segment.before, key);
      room -= segment.bytes.length;
      if (room < 0) break;
      segments.push(segment);
      end = segment.after;
    }
  }
  return segments;
}

/** What `Log.read` answers, from one snapshot of the store. */
export function readStream(tx: Tx, row: StreamRow | Absence, from: number, bytesMax: number): ReadOutcome {
  if (typeof row === 'string') return { kind: row };
  const info = infoOf(row);
  if (from < info.first) return { kind: 'trimmed', info };
  if (from > info.tail) return { kind: 'ahead', info };
  if (from === info.tail) return { kind: 'segments', segments: [], info };
  const segments = readSegments(tx, row, from, bytesMax).map((segment) => segmentOf(row, segment));
  return { kind: 'segments', segments, info };
}

function segmentOf(row: StreamRow, { before, after, close, bytes }: SegmentRow): Segment {
  return {
    stream: row.stream,
    incarnation: row.incarnation,
    base: before.offset,
    count: after.offset - before.offset,
    checksumBefore: before.checksum,
    checksumAfter: after.checksum,
    bytes,
    close,
  };
}

function checkJoint(row: StreamRow, end: StreamPoint, next: StreamPoint, key: readonly (number | string)[]): void {
  const joined = end.offset === next.offset && end.checksum === next.checksum && end.bytes === next.bytes;
  if (!joined) throw damaged(tables.segments, key, `it does not continue ${row.stream} at ${end.offset}`);
}
