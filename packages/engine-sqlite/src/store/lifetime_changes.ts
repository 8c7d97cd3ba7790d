import { type Absence, isMortal } from '@packetboat/core';
import type { StoreEvent } from './changes.ts';
import type { CommitDraft } from './commit_draft.ts';
import type { SegmentGatherer } from './segment_gatherer.ts';
import { applyDelete } from './stream_changes.ts';
import { type StreamRow, usedAt } from './stream_row.ts';

/** Deletes a stream whose lifetime is over, unless it is another incarnation by now. */
export function applyExpire(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  name: string,
  incarnation: string,
): 'deleted' | Absence {
  const row = draft.find(name);
  if (typeof row === 'object' && row.incarnation !== incarnation) return 'notFound';
  return applyDelete(draft, gatherer, name);
}

/** Keeps that a stream is in use, unless it is another incarnation by now. */
export function applyUse(draft: CommitDraft, name: string, incarnation: string): 'used' | Absence {
  const row = draft.find(name);
  if (typeof row === 'string') return row;
  if (row.incarnation !== incarnation) return 'notFound';
  draft.setStream(usedAt(row, draft.openMs));
  return 'used';
}

/** What is told when a commit leaves `row` where `before` was, if a lifetime begins with it. */
export function birthOf(row: StreamRow, before: StreamRow | undefined): StoreEvent | undefined {
  const { stream, incarnation, lifetime = {}, deleted } = row;
  if (deleted || !isMortal(lifetime) || before?.incarnation === incarnation) return undefined;
  return { kind: 'born', made: { stream, incarnation, lifetime } };
}
