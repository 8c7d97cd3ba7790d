import { checkStreamName, type CreateOptions, type CreateOutcome, PacketboatError, quoted } from '@packetboat/core';
import type { CommitDraft } from './commit_draft.ts';
import { infoOf, newStreamRow, type StreamRow } from './stream_row.ts';

/** Creates a stream, also under the name of a deleted one. */
export function applyCreate(
  draft: CommitDraft,
  name: string,
  options: CreateOptions,
  incarnation: string,
): CreateOutcome {
  const found = draft.find(name);
  if (typeof found === 'object') return { kind: 'exists', info: infoOf(found) };
  const row = makeStream(draft, name, options, incarnation);
  draft.counters = { ...draft.counters, nextNumber: row.number + 1 };
  draft.setStream(row);
  return { kind: 'created', info: infoOf(row) };
}

/**
 * A new stream's row, not yet part of the draft.
 *
 * @throws {PacketboatError} `badName`, `limitReached`
 */
export function makeStream(draft: CommitDraft, name: string, options: CreateOptions, incarnation: string): StreamRow {
  const { streamsMax, streamNameBytesMax } = draft.state.ports.limits;
  checkStreamName(name, streamNameBytesMax);
  if (draft.stream(name) === undefined && draft.names >= streamsMax) {
    const message = `${quoted(name)} would be one name more than streamsMax ${streamsMax}; deleted names count`;
    throw new PacketboatError('limitReached', message);
  }
  return newStreamRow({
    stream: name,
    number: draft.counters.nextNumber,
    incarnation,
    contentType: options.contentType ?? 'application/octet-stream',
    createdNs: String(draft.nowNs),
    retention: options.retention ?? {},
  });
}
