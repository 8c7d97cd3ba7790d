import type { Change, ChangeResult, CommitReport, StoreEvent } from './changes.ts';
import type { ProofClaim, StreamRow } from './stream_row.ts';

/** Commits each change alone, so that one that meets a damaged page does not take the others with it (F14). */
export function oneByOne(
  changes: readonly Change[],
  commit: (changes: readonly Change[]) => CommitReport,
): CommitReport {
  const results: ChangeResult[] = [];
  const events: StoreEvent[] = [];
  const proofs: ProofClaim[] = [];
  const changed: StreamRow[] = [];
  const damage: string[] = [];
  let revision = 0;
  for (const [index, change] of changes.entries()) {
    const report = commit([change]);
    const [result] = report.results;
    if (result !== undefined) results.push(withProofs(result, proofs.length));
    events.push(...report.events.map((event) => movedTo(index, event)));
    proofs.push(...report.proofs);
    changed.push(...report.changed);
    damage.push(...report.damage);
    revision = report.revision;
  }
  return { results, events, proofs, changed, damage, revision };
}

/** The event with the change's own place in the commit. */
function movedTo(index: number, event: StoreEvent): StoreEvent {
  if (event.kind !== 'segment') return event;
  const { first, changes } = event;
  return { ...event, first: first === undefined ? undefined : index, changes: changes.map(() => index) };
}

function withProofs(result: ChangeResult, before: number): ChangeResult {
  if (typeof result === 'string' || !('proof' in result)) return result;
  return { ...result, proof: result.proof + before };
}
