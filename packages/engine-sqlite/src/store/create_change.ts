import {
  checkFirst,
  checkLifetime,
  checkStreamName,
  type CreateOptions,
  type CreateOutcome,
  defaultContentType,
  type Batch,
  type ForkRefused,
  PacketboatError,
  quoted,
  type StreamState,
} from '@packetboat/core';
import type { CommitDraft } from './commit_draft.ts';
import { type ForkPlan, planFork } from './plan_fork.ts';
import type { SegmentGatherer } from './segment_gatherer.ts';
import { encodeSegmentRow } from './segment_row.ts';
import { infoOf, newStreamRow, stateOf, type StreamRow, usedAt } from './stream_row.ts';
import { tables } from './tables.ts';

/** A stream that may be created. Nothing of it is part of the draft yet. */
export interface StreamPlan {
  /** As it is before its first records. */
  readonly row: StreamRow;
  readonly first: Batch | undefined;
  readonly own: ForkPlan['own'];
}

/** Creates a stream, also under the name of a deleted one. @param index The change's place in its commit. */
export function applyCreate(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  change: { readonly stream: string; readonly options: CreateOptions; readonly newIncarnation: string },
  index: number,
): CreateOutcome {
  const { stream: name, options, newIncarnation } = change;
  const found = draft.find(name);
  if (typeof found === 'object') return { kind: 'exists', info: infoOf(found) };
  if (found === 'softDeleted') {
    return { kind: 'refused', code: 'exists', message: `${quoted(name)} was deleted; forks still read it` };
  }
  const plan = planStream(draft, gatherer, name, options, newIncarnation);
  return 'kind' in plan ? plan : { kind: 'created', info: infoOf(createPlanned(draft, gatherer, plan, index)) };
}

/** Decides about a new stream. @throws {PacketboatError} `badName`, `badRequest`, `limitReached`, and as {@linkcode planFork} */
export function planStream(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  name: string,
  options: CreateOptions,
  incarnation: string,
): StreamPlan | ForkRefused {
  const { streamsMax, streamNameBytesMax } = draft.state.ports.limits;
  checkStreamName(name, streamNameBytesMax);
  checkLifetime(options.lifetime);
  checkFirst(options.first);
  if (draft.stream(name) === undefined && draft.names >= streamsMax) {
    const message = `${quoted(name)} would be one name more than streamsMax ${streamsMax}; deleted names count`;
    throw new PacketboatError('limitReached', message);
  }
  const fork = options.fork === undefined ? undefined : planFork(draft, gatherer, options.fork, options);
  if (fork !== undefined && 'kind' in fork) return fork;
  const made = newStreamRow({
    stream: name,
    number: draft.counters.nextNumber,
    incarnation,
    contentType: options.contentType ?? fork?.source.contentType ?? defaultContentType,
    createdNs: String(draft.nowNs),
    retention: options.retention ?? {},
    lifetime: options.lifetime ?? fork?.source.lifetime,
  });
  const row = usedAt({ ...made, ...fork?.begun }, draft.openMs);
  // Producers are not inherited: nothing before the fork's own appends is folded (protocol section 4.2).
  const snapshot = { ...row.snapshot, offset: row.tail.offset };
  return { row: { ...row, snapshot }, first: options.first, own: fork?.own };
}

/** What decides about an append to the stream once it is created. */
export function plannedState({ row, first }: StreamPlan): StreamState {
  return { ...stateOf(row), tail: row.tail.offset + (first?.count ?? 0), closed: first?.close === true };
}

/** Makes the stream part of the draft. @param index The place of the change that brought its first records. */
export function createPlanned(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  { row, first, own }: StreamPlan,
  index: number,
): StreamRow {
  draft.counters = { ...draft.counters, nextNumber: row.number + 1 };
  if (own !== undefined) {
    const { head, batches } = own;
    draft.state.ports.tx.put(tables.segments, [row.number, head.before.offset], encodeSegmentRow(head, batches));
  }
  draft.addStream(row);
  return first === undefined ? row : gatherer.takeFirst(row, first, index);
}
