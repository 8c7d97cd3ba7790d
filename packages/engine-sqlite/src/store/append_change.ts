import { type AppendDecision, decideAppend, PacketboatError, type ProducerState, quoted } from '@packetboat/core';
import type { AppendChange, AppendResult } from './changes.ts';
import type { CommitDraft } from './commit_draft.ts';
import { makeStream } from './create_change.ts';
import { keyBytesMax } from './engine_state.ts';
import { decodeJson, encodeJson } from './json_row.ts';
import type { SegmentGatherer } from './segment_gatherer.ts';
import { stateOf, type StreamRow } from './stream_row.ts';
import { tables } from './tables.ts';

const encoder = new TextEncoder();

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
  const made = found === 'notFound' && create !== undefined;
  const row = made ? makeStream(draft, change.stream, create, change.newIncarnation) : found;
  if (typeof row === 'object') refuseLoss(row);
  const known = typeof row === 'string' ? undefined : knownProducer(draft, row, change);
  const decision = decide(draft, row, known, change);
  if (typeof row === 'string' || decision.kind === 'refused') {
    return () => decision as AppendResult & { kind: 'refused' };
  }
  const { kind, offset } = decision;
  if (decision.kind === 'appended') {
    if (made) draft.counters = { ...draft.counters, nextNumber: row.number + 1 };
    const next = take(draft, gatherer, row, change, index, decision);
    const isNew = decision.producer !== undefined && known === undefined;
    draft.setStream(isNew ? { ...next, producers: next.producers + 1 } : next);
  }
  return () => ({ kind, offset, incarnation: row.incarnation, proof: draft.proofOf(row) });
}

function knownProducer(draft: CommitDraft, row: StreamRow, { batch }: AppendChange): ProducerState | undefined {
  return batch.producer === undefined ? undefined : draft.producers(row).get(batch.producer.id);
}

function decide(
  draft: CommitDraft,
  row: StreamRow | 'notFound' | 'gone',
  known: ProducerState | undefined,
  change: AppendChange,
): AppendDecision {
  const { limits, tx } = draft.state.ports;
  const { batch, key } = change;
  const { producer, crc, count, close } = batch;
  const question = { ...change, producer, crc, count, close };
  if (typeof row === 'string') return decideAppend(row, undefined, question, limits);
  const stored = key === undefined ? undefined : tx.get(tables.keys, [row.number, checkKey(key)]);
  const keyOffset = stored === undefined ? undefined : (decodeJson(stored) as number);
  return decideAppend(stateOf(row), known, question, limits, keyOffset);
}

function take(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  row: StreamRow,
  change: AppendChange,
  index: number,
  { offset, producer }: AppendDecision & { kind: 'appended' },
): StreamRow {
  const { batch, key, streamSeq } = change;
  const next = gatherer.take(row, batch, index);
  if (batch.producer !== undefined && producer !== undefined) draft.producers(row).stage(batch.producer.id, producer);
  if (key !== undefined) draft.state.ports.tx.put(tables.keys, [row.number, key], encodeJson(offset));
  return streamSeq === undefined ? next : { ...next, streamSeq };
}

/** @throws {PacketboatError} `dataLossDetected` while the stream's loss is not accepted (F15). */
export function refuseLoss(row: StreamRow): void {
  if (row.loss === undefined) return;
  throw new PacketboatError(
    'dataLossDetected',
    `${quoted(row.stream)} ends at ${row.tail.offset}, but ${row.loss.tail} records were acknowledged`,
  );
}

/** @throws {PacketboatError} `badRequest` for a key that cannot be stored. */
export function checkKey(key: string): string {
  if (key.length > 0 && key.isWellFormed() && encoder.encode(key).length <= keyBytesMax) return key;
  throw new PacketboatError('badRequest', `Key ${quoted(key)} is empty, over ${keyBytesMax} bytes, or no UTF-8`);
}
