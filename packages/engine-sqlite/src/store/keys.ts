import { PacketboatError, quoted, type Tx } from '@packetboat/core';
import type { CommitDraft } from './commit_draft.ts';
import { decodeJson, encodeJson } from './json_row.ts';
import type { StreamRow } from './stream_row.ts';
import { tables } from './tables.ts';

/** Offset of the append that carried a key first, and when the key ends on the store's own clock, if it does. */
type KeyRow = number | readonly [offset: number, endMs: number];

/** UTF-8 bytes of a map key or an idempotency key. */
export const keyBytesMax = 4_096;
/** Keys that have ended which one tending forgets; a commit forgets twice as many as it takes. */
const sweptAtOnce = 256;

const encoder = new TextEncoder();

/** @throws {PacketboatError} `badRequest` for a key that cannot be stored. */
export function checkKey(key: string): string {
  if (key.length > 0 && key.isWellFormed() && encoder.encode(key).length <= keyBytesMax) return key;
  throw new PacketboatError('badRequest', `Key ${quoted(key)} is empty, over ${keyBytesMax} bytes, or no UTF-8`);
}

/** Offset under which an idempotency key was stored, unless it has ended (DESIGN section 3, rule 4). */
export function keyOffset(draft: CommitDraft, row: StreamRow, key: string): number | undefined {
  const stored = readKey(draft.state.ports.tx, row.number, checkKey(key));
  if (stored === undefined) return undefined;
  const [offset, endMs] = stored;
  return endMs <= draft.openMs ? undefined : offset;
}

/** @param keyMs How long the key is remembered; as long as the stream without it. */
export function storeKey(draft: CommitDraft, row: StreamRow, key: string, offset: number, keyMs?: number): void {
  const { tx } = draft.state.ports;
  if (keyMs === undefined) {
    tx.put(tables.keys, [row.number, key], encodeJson(offset satisfies KeyRow));
    return;
  }
  const endMs = Math.min(Math.ceil(draft.openMs + keyMs), Number.MAX_SAFE_INTEGER);
  tx.put(tables.keys, [row.number, key], encodeJson([offset, endMs] satisfies KeyRow));
  tx.put(tables.keyEnds, [endMs, row.number, key], new Uint8Array());
  draft.timedKeys = true;
  draft.newTimedKeys += 1;
}

/** Forgets some of the keys that have ended. @returns whether there were any. */
export function sweepKeys(draft: CommitDraft, limit = sweptAtOnce): boolean {
  if (!draft.timedKeys) return false;
  const { tx } = draft.state.ports;
  try {
    const ended = tx.scan(tables.keyEnds, [0], [Math.floor(draft.openMs) + 1], { limit });
    for (const [place] of ended) {
      const [, number, key] = place;
      // The key may have been taken again since, with an end of its own.
      const [, endMs] = readKey(tx, Number(number), String(key)) ?? [0, Infinity];
      if (endMs <= draft.openMs) tx.delete(tables.keys, [Number(number), String(key)]);
      tx.delete(tables.keyEnds, place);
    }
    if (ended.length < limit) draft.timedKeys = hasTimedKeys(tx);
    draft.dirty ||= ended.length > 0;
    return ended.length > 0;
  } catch (error) {
    draft.meetDamage(error);
    return false;
  }
}

/** Whether there are keys that end. */
export function hasTimedKeys(tx: Tx): boolean {
  return tx.scan(tables.keyEnds, [0], [Number.MAX_SAFE_INTEGER], { limit: 1 }).length > 0;
}

function readKey(tx: Tx, number: number, key: string): readonly [offset: number, endMs: number] | undefined {
  const bytes = tx.get(tables.keys, [number, key]);
  if (bytes === undefined) return undefined;
  const row = decodeJson(bytes) as KeyRow;
  return typeof row === 'number' ? [row, Infinity] : row;
}
