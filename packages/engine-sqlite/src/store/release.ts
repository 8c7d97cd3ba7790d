/** What is deleted when a stream no longer needs it: forks may still need it. */
import type { CommitDraft } from './commit_draft.ts';
import type { ForkState, StreamPoint, StreamRow } from './stream_row.ts';
import { tables } from './tables.ts';

/** Segments that one change deletes at once; what is over waits as garbage. */
export const deletedAtOnce = 64;

/** Lets go of what a stream, which began at `before`, does not need any more. */
export function releaseBefore(draft: CommitDraft, row: StreamRow, before: StreamPoint): void {
  release(draft, row);
  for (const ancestor of row.fork?.ancestors ?? []) if (ancestor.to > before.offset) release(draft, ancestor);
}

/** Lets go of what a stream that was deleted needed: its own data, and that of the streams it stems from. */
export function releaseAll(draft: CommitDraft, row: StreamRow): void {
  release(draft, row);
  for (const ancestor of row.fork?.ancestors ?? []) release(draft, ancestor);
}

/** Deletes what neither a stream nor a fork of it needs. When none of them is left, the stream itself is gone. */
function release(draft: CommitDraft, { stream, number }: Pick<StreamRow, 'stream' | 'number'>): void {
  const named = draft.stream(stream);
  // A stream whose creation was lost may have taken the name (F15): then this one was deleted.
  const row = named?.number === number ? named : undefined;
  const needed = [...draft.forksOf(number)].map((fork) => neededFrom(fork, number));
  if (row !== undefined && !row.deleted) needed.push(row.first.offset);
  if (needed.length === 0) {
    if (row !== undefined) draft.setStream({ ...row, kept: false });
    draft.setGarbage(number, { before: 'everything' });
    return;
  }
  const before = Math.min(...needed);
  const deleted = draft.state.ports.tx.deleteRange(tables.segments, [number], [number, before], deletedAtOnce);
  if (deleted === deletedAtOnce) draft.setGarbage(number, { before });
}

/** The first offset that a fork needs of one that it stems from. */
function neededFrom({ first, fork }: StreamRow & { readonly fork: ForkState }, number: number): number {
  const to = fork.ancestors.find((ancestor) => ancestor.number === number)?.to ?? 0;
  return first.offset < to ? first.offset : Number.MAX_SAFE_INTEGER;
}
