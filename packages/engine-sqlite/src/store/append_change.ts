import {
  type Absence,
  type AppendDecision,
  type AppendQuestion,
  assert,
  type CreateOptions,
  decideAppend,
  type ProducerState,
} from '@packetboat/core';
import type { AppendChange, AppendResult } from './changes.ts';
import type { CommitDraft } from './commit_draft.ts';
import { createPlanned, plannedState, planStream } from './create_change.ts';
import { checkKey, keyOffset, storeKey } from './keys.ts';
import { refuseLoss } from './refuse_loss.ts';
import type { SegmentGatherer } from './segment_gatherer.ts';
import { lineageOf, stateOf, type StreamRow } from './stream_row.ts';

/**
 * Applies an append. Everything that can fail is asked before anything is changed.
 *
 * @param index The change's place in its commit.
 * @returns what makes the result when the whole commit is decided.
 */
export function applyAppend(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  change: AppendChange,
  index: number,
): () => AppendResult {
  const found = draft.find(change.stream);
  const { create } = change;
  if (found === 'notFound' && create !== undefined) return appendToNew(draft, gatherer, { ...change, create }, index);
  if (typeof found === 'object') refuseLoss(found);
  const known = typeof found === 'string' ? undefined : knownProducer(draft, found, change);
  const decision = decide(draft, found, known, change);
  if (typeof found === 'string' || decision.kind === 'refused') return () => refusal(decision);
  if (decision.kind === 'appended') {
    const next = take(draft, gatherer, found, change, index, decision);
    const isNew = decision.producer !== undefined && known === undefined;
    draft.setStream(isNew ? { ...next, producers: next.producers + 1 } : next);
  }
  return () => resultOf(draft, found, decision);
}

/** An append that creates its stream, or nothing. */
function appendToNew(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  change: AppendChange & { readonly create: CreateOptions },
  index: number,
): () => AppendResult {
  const plan = planStream(draft, gatherer, change.stream, change.create, change.newIncarnation);
  if ('kind' in plan) return () => plan;
  if (change.key !== undefined) checkKey(change.key);
  const decision = decideAppend(plannedState(plan), undefined, questionOf(change), draft.state.ports.limits);
  if (decision.kind !== 'appended') return () => refusal(decision);
  const row = createPlanned(draft, gatherer, plan, index);
  const next = take(draft, gatherer, row, change, index, decision);
  draft.setStream(decision.producer === undefined ? next : { ...next, producers: 1 });
  return () => resultOf(draft, row, decision);
}

function knownProducer(draft: CommitDraft, row: StreamRow, { batch }: AppendChange): ProducerState | undefined {
  return batch.producer === undefined ? undefined : draft.producers(row).get(batch.producer.id);
}

function decide(
  draft: CommitDraft,
  row: StreamRow | Absence,
  known: ProducerState | undefined,
  change: AppendChange,
): AppendDecision {
  const { limits } = draft.state.ports;
  const { key } = change;
  const question = questionOf(change);
  if (typeof row === 'string') return decideAppend(row, undefined, question, limits);
  const stored = key === undefined ? undefined : keyOffset(draft, row, key);
  return decideAppend(stateOf(row), known, question, limits, stored);
}

function take(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  row: StreamRow,
  change: AppendChange,
  index: number,
  { offset, producer }: AppendDecision & { kind: 'appended' },
): StreamRow {
  const { batch, key, keyMs, streamSeq } = change;
  const next = gatherer.take(row, batch, index);
  if (batch.producer !== undefined && producer !== undefined) draft.producers(row).stage(batch.producer.id, producer);
  if (key !== undefined) storeKey(draft, row, key, offset, keyMs);
  return streamSeq === undefined ? next : { ...next, streamSeq };
}

function questionOf(change: AppendChange): AppendQuestion {
  const { producer, crc, count, close } = change.batch;
  return { ...change, producer, crc, count, close };
}

function refusal(decision: AppendDecision): AppendResult {
  assert(decision.kind === 'refused', 'to a stream that is not there, nothing is appended');
  return decision;
}

function resultOf(
  draft: CommitDraft,
  row: StreamRow,
  { kind, offset }: Exclude<AppendDecision, { kind: 'refused' }>,
): AppendResult {
  return { kind, offset, incarnation: row.incarnation, lineage: lineageOf(row), proof: draft.proofOf(row) };
}
