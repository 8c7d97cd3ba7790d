import type { Absence, StreamInfo } from '@packetboat/core';
import type { CommitDraft } from './commit_draft.ts';
import { segmentAt } from './read_segments.ts';
import { deletedAtOnce, releaseBefore } from './release.ts';
import { type SegmentGatherer, takeSnapshot } from './segment_gatherer.ts';
import { infoOf, type StreamPoint, type StreamRow } from './stream_row.ts';
import { tables } from './tables.ts';

/** Drops the whole segments that end at or before `before`. @throws {PacketboatError} `damaged` */
export function applyTrim(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  name: string,
  before: number,
): StreamInfo | Absence {
  const found = draft.find(name);
  if (typeof found === 'string') return found;
  const row = gatherer.flush(found);
  if (before < row.tail.offset) {
    if (before <= row.first.offset) return infoOf(row);
    return infoOf(trimTo(draft, row, segmentAt(draft.state.ports.tx, row, before).before));
  }
  return infoOf(trimTo(draft, row, row.tail));
}

/**
 * Moves the stream's first record to `first`, a segment's end, and deletes what lies before it, all in one
 * commit (F6). The producers those segments told of are written first (rule 3).
 *
 * @throws {PacketboatError} `damaged`
 */
export function trimTo(draft: CommitDraft, row: StreamRow, first: StreamPoint): StreamRow {
  if (first.bytes === row.first.bytes) return row;
  const kept = row.snapshot.offset < first.offset ? takeSnapshot(draft, row) : row;
  const next = { ...kept, first };
  draft.setStream(next);
  releaseBefore(draft, next, row.first);
  draft.events.push({ kind: 'trimmed', info: infoOf(next) });
  return next;
}

/** Deletes a bounded part of a stream's garbage. */
export function sweep(draft: CommitDraft, number: number): void {
  const garbage = draft.garbage(number);
  if (garbage === undefined) return;
  const { tx } = draft.state.ports;
  const { before } = garbage;
  const everything = before === 'everything';
  const end = everything ? [number + 1] : [number, before];
  let room = deletedAtOnce - tx.deleteRange(tables.segments, [number], end, deletedAtOnce);
  if (everything && room > 0) {
    room -= tx.deleteRange(tables.producers, [number], [number + 1], room);
    if (room > 0) room -= tx.deleteRange(tables.keys, [number], [number + 1], room);
  }
  draft.dirty = true;
  if (room > 0) draft.setGarbage(number, undefined);
}
