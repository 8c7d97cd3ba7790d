/** What is deleted when a stream no longer needs it: forks may still need it. */
import type { CommitDraft } from './commit_draft.ts';
import type { ForkState, StreamPoint, StreamRow } from './stream_row.ts';
import { tables } from './tables.ts';

/** Segments that one change deletes at once; what is over waits as garbage. */
export const deletedAtOnce = 64;

/** Lets go of what a stream, which began at `first`, does not need any more. */
export function releaseBefore(draft: CommitDraft, row: StreamRow, first: StreamPoint): void {
  release(draft, row, first.offset);
  for (const ancestor of row.fork?.ancestors ?? []) {
    if (ancestor.to > first.offset) release(draft, ancestor, first.offset);
  }
}

/** Lets go of what a stream that was deleted needed: its own data, and that of the streams it stems from. */
export function releaseAll(draft: CommitDraft, row: StreamRow): void {
  release(draft, row, row.first.offset);
  for (const ancestor of row.fork?.ancestors ?? []) release(draft, ancestor, row.first.offset);
}

/**
 * Deletes what neither a stream nor a fork of it needs, now that one of them does not need it from `from` on. When none
 * of them is left, the stream itself is gone.
 */
function release(draft: CommitDraft, { stream, number }: Pick<StreamRow, 'stream' | 'number'>, from: number): void {
  const named = draft.stream(stream);
  // A stream whose creation was lost may have taken the name (F15): then this one was deleted.
  const row = named?.number === number ? named : undefined;
  let before = Infinity;
  for (const needed of needs(draft, row, number)) {
    if (needed <= from) return;
    before = Math.min(before, needed);
  }
  if (before === Infinity) {
    if (row !== undefined) draft.setStream({ ...row, kept: undefined });
    draft.setGarbage(number, { before: 'everything' });
    return;
  }
  const deleted = draft.state.ports.tx.deleteRange(tables.segments, [number], [number, before], deletedAtOnce);
  if (deleted === deletedAtOnce) draft.setGarbage(number, { before });
}

/** From where on a stream and its forks each need what is stored under its number. */
function* needs(draft: CommitDraft, row: StreamRow | undefined, number: number): Generator<number> {
  if (row !== undefined && !row.deleted) yield row.first.offset;
  for (const fork of draft.forksOf(number)) yield neededFrom(fork, number);
}

/** The first offset that a fork needs of one that it stems from. */
function neededFrom({ first, fork }: StreamRow & { readonly fork: ForkState }, number: number): number {
  const to = fork.ancestors.find((ancestor) => ancestor.number === number)?.to ?? 0;
  return first.offset < to ? first.offset : Number.MAX_SAFE_INTEGER;
}
