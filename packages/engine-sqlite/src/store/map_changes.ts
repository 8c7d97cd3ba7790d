import { PacketboatError, type PutOutcome, quoted } from '@packetboat/core';
import { checkKey } from './keys.ts';
import type { CommitDraft } from './commit_draft.ts';

/** Puts a value when its key has the revision that is expected. */
export function applyPut(
  draft: CommitDraft,
  key: string,
  value: Uint8Array,
  expected: number | 'absent' | undefined,
): PutOutcome {
  const { mapEntriesMax, mapValueBytesMax } = draft.state.ports.limits;
  checkKey(key);
  if (value.length > mapValueBytesMax) {
    const message = `Value of ${value.length} bytes is over mapValueBytesMax ${mapValueBytesMax}`;
    throw new PacketboatError('tooLarge', message);
  }
  const revision = draft.revision(key);
  if (expected !== undefined && expected !== (revision ?? 'absent')) return { kind: 'revisionConflict', revision };
  if (revision === undefined && draft.mapEntries >= mapEntriesMax) {
    throw new PacketboatError(
      'limitReached',
      `${quoted(key)} would be more entries than mapEntriesMax ${mapEntriesMax}`,
    );
  }
  return { kind: 'put', revision: draft.putEntry(key, value) };
}

/** Deletes a key when it has the revision that is expected. */
export function applyRemove(
  draft: CommitDraft,
  key: string,
  expected: number | undefined,
): 'deleted' | 'notFound' | 'revisionConflict' {
  const revision = draft.revision(key);
  if (revision === undefined) return 'notFound';
  if (expected !== undefined && expected !== revision) return 'revisionConflict';
  draft.removeEntry(key);
  return 'deleted';
}
