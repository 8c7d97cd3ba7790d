import type { CommitDraft } from './commit_draft.ts';
import { segmentAt } from './read_segments.ts';
import type { SegmentHead } from './segment_row.ts';
import type { StreamPoint, StreamRow } from './stream_row.ts';
import { trimTo } from './trim.ts';

/** Segments that retention looks at in one commit and stream; the next commit goes on. */
const lookedAtOnce = 64;

/** Whether retention can ever drop anything of this stream. */
export function isLimited({ retention }: StreamRow): boolean {
  return retention.ageMsMax !== undefined || retention.bytesMax !== undefined;
}

/**
 * Drops what retention no longer keeps; the newest segment always stays. A stream whose oldest segment is damaged
 * keeps everything: a person must look at it first.
 */
export function retain(draft: CommitDraft, row: StreamRow): void {
  if (!isLimited(row)) return;
  try {
    trimTo(draft, row, keepFrom(draft, row));
  } catch (error) {
    draft.meetDamage(error);
  }
}

/** Where the first segment begins that retention keeps. */
function keepFrom(draft: CommitDraft, row: StreamRow): StreamPoint {
  const { ageMsMax = Infinity, bytesMax = Infinity } = row.retention;
  let first = row.first;
  // At the tail there is only the segment that closes the stream without records: it stays.
  for (let looked = 0; looked < lookedAtOnce && first.offset < row.tail.offset; looked++) {
    const large = row.tail.payloadBytes - first.payloadBytes > bytesMax;
    if (!large && ageMsMax === Infinity) break;
    const head = headAt(draft, row, first);
    const ageMs = Number((draft.nowNs - head.storedNs) / 1_000_000n);
    const newest = head.after.bytes === row.tail.bytes;
    if (newest || (!large && ageMs <= ageMsMax)) break;
    first = head.after;
  }
  return first;
}

/** The segment that begins at `first`; the one looked at last is remembered, so that a commit need not read it. */
function headAt(draft: CommitDraft, row: StreamRow, first: StreamPoint): SegmentHead {
  const { oldest, ports } = draft.state;
  const known = oldest.get(row.number);
  if (known !== undefined && known.before.bytes === first.bytes) return known;
  const { before, after, close, storedNs } = segmentAt(ports.tx, { ...row, first }, first.offset);
  const head = { before, after, close, storedNs };
  oldest.set(row.number, head);
  return head;
}
