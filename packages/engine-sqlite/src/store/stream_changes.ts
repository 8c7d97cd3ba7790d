import type { Absence, Batch, StreamInfo } from '@packetboat/core';
import type { CommitDraft } from './commit_draft.ts';
import { segmentAt } from './read_segments.ts';
import { refuseLoss } from './refuse_loss.ts';
import { releaseAll } from './release.ts';
import type { SegmentGatherer } from './segment_gatherer.ts';
import { infoOf, newStreamRow, type ProofClaim, type StreamRow } from './stream_row.ts';

/** Closes a stream with a batch of no records, as an append would. */
export function applyClose(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  name: string,
  batch: Batch,
  index: number,
): StreamInfo | Absence {
  const row = draft.find(name);
  if (typeof row === 'string') return row;
  if (row.closed) return infoOf(row);
  refuseLoss(row);
  return infoOf(gatherer.take(row, batch, index));
}

/** Leaves a tombstone; what the stream held is garbage, or stays for its forks. */
export function applyDelete(draft: CommitDraft, gatherer: SegmentGatherer, name: string): 'deleted' | Absence {
  const found = draft.find(name);
  if (typeof found === 'string') return found;
  const row = gatherer.flush(found);
  const ended = { ...row, deleted: true, kept: true };
  draft.setStream(ended);
  releaseAll(draft, ended);
  draft.events.push({ kind: 'deleted', stream: name, incarnation: row.incarnation });
  return 'deleted';
}

/**
 * Takes writes again. The offsets that were lost will name other records now, so the stream becomes another
 * incarnation (P3): receipts and cursors of the old one no longer fit, and say so.
 */
export function acceptLoss(draft: CommitDraft, name: string, incarnation: string): StreamInfo | Absence {
  const row = draft.find(name);
  if (typeof row === 'string') return row;
  if (row.loss === undefined) return infoOf(row);
  const next = { ...row, loss: undefined, incarnation, lineage: undefined };
  draft.setStream(next);
  // Whoever reads the old incarnation must not be sent the records of the new one.
  draft.events.push({ kind: 'deleted', stream: name, incarnation: row.incarnation });
  return infoOf(next);
}

/** Compares an authentic claim with the stream, and freezes the stream when it has lost what the claim proves (F15). */
export function applyWitness(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  claim: ProofClaim,
): 'consistent' | 'lost' | 'wrongStore' {
  const found = draft.stream(claim.stream);
  // What the same commit has appended is no row yet, and the claim may end where it begins.
  const row = found && gatherer.flush(found);
  if (row !== undefined && (row.deleted || row.incarnation !== claim.incarnation)) return 'wrongStore';
  if (row !== undefined && (row.loss !== undefined || holds(draft, row, claim))) {
    return row.loss === undefined ? 'consistent' : 'lost';
  }
  freeze(draft, row ?? lostStream(draft, claim), claim);
  return 'lost';
}

/** Refuses writes to a stream until somebody accepts that it lost what stood before `claim`. */
export function freeze(draft: CommitDraft, row: StreamRow, claim: Pick<ProofClaim, 'offset' | 'checksum'>): void {
  draft.setStream({ ...row, loss: { tail: claim.offset, checksum: claim.checksum } });
}

/** The row of a stream whose creation itself was lost. */
export function lostStream(draft: CommitDraft, lost: { stream: string; incarnation: string }): StreamRow {
  const number = draft.counters.nextNumber;
  draft.counters = { ...draft.counters, nextNumber: number + 1 };
  return newStreamRow({
    ...lost,
    number,
    contentType: 'application/octet-stream',
    createdNs: String(draft.nowNs),
    retention: {},
  });
}

/** Whether the stream had the claim's checksum at the claim's offset. What was trimmed cannot be compared. */
function holds(draft: CommitDraft, row: StreamRow, { offset, checksum }: ProofClaim): boolean {
  const { first, tail } = row;
  if (offset >= tail.offset) return offset === tail.offset && checksum === tail.checksum;
  if (offset <= first.offset) return offset < first.offset || checksum === first.checksum;
  const { before } = segmentAt(draft.state.ports.tx, row, offset);
  return before.offset === offset && before.checksum === checksum;
}
