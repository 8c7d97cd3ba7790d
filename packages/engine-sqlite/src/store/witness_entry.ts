/**
 * The second witness (F15): one line for each commit, written before its receipts leave. A line is eight hex digits
 * of CRC-32, a space, JSON, and a newline.
 */
import type { Crc32 } from '@packetboat/core';
import type { CommitReport } from './changes.ts';
import type { CommitDraft } from './commit_draft.ts';
import { freeze, lostStream } from './stream_changes.ts';
import type { StreamRow } from './stream_row.ts';

/** What one commit left behind. */
export interface WitnessEntry {
  /** The last revision of the map. */
  readonly revision: number;
  readonly streams: readonly WitnessedStream[];
}

/** One stream as a commit left it. */
export interface WitnessedStream {
  readonly number: number;
  readonly stream: string;
  readonly incarnation: string;
  readonly tail: number;
  readonly checksum: number;
  readonly closed: boolean;
  readonly deleted: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const newline = 10;
const prefixBytes = 9;

/** The entry of a commit. */
export function witnessEntry({ changed, revision }: CommitReport): WitnessEntry {
  const streams = changed.map(({ number, stream, incarnation, tail, closed, deleted }) => {
    return { number, stream, incarnation, tail: tail.offset, checksum: tail.checksum, closed, deleted };
  });
  return { revision, streams };
}

export function encodeWitnessEntry(entry: WitnessEntry, crc32: Crc32): Uint8Array {
  const text = JSON.stringify(entry);
  return encoder.encode(`${prefix(encoder.encode(text), crc32)}${text}\n`);
}

function prefix(json: Uint8Array, crc32: Crc32): string {
  return `${crc32(json).toString(16).padStart(8, '0')} `;
}

/** The entries up to the first that is torn or damaged: what follows it says nothing. */
export function decodeWitnessEntries(bytes: Uint8Array, crc32: Crc32): WitnessEntry[] {
  const entries: WitnessEntry[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf(newline, at);
    if (end === -1) return entries;
    const json = bytes.subarray(at + prefixBytes, end);
    if (decoder.decode(bytes.subarray(at, at + prefixBytes)) !== prefix(json, crc32)) return entries;
    entries.push(JSON.parse(decoder.decode(json)) as WitnessEntry);
    at = end + 1;
  }
}

/** What a second witness knows and the store does not. */
export interface Loss {
  /** Names of the streams that are now frozen. */
  readonly streams: readonly string[];
  /** Changes of the map that are lost. */
  readonly mapChanges: number;
}

/** Freezes every stream that is behind the newest entry about it. */
export function applyWitnessEntries(draft: CommitDraft, entries: readonly WitnessEntry[]): Loss {
  const newest = new Map<number, WitnessedStream>();
  for (const { streams } of entries) for (const witnessed of streams) newest.set(witnessed.number, witnessed);
  const revision = entries.at(-1)?.revision ?? 0;
  const mapChanges = Math.max(0, revision - draft.counters.revision);
  keepNumbers(draft, revision, newest.keys());
  const streams: string[] = [];
  for (const witnessed of newest.values()) {
    const row = draft.stream(witnessed.stream);
    if (!isBehind(row, witnessed)) continue;
    streams.push(witnessed.stream);
    const claim = { offset: witnessed.tail, checksum: witnessed.checksum };
    // Over a tombstone, what was made anew under the name is lost: nobody would see a loss of a deleted stream.
    const frozen = row === undefined || row.deleted ? lostStream(draft, witnessed) : row;
    freeze(draft, frozen, claim);
  }
  return { streams, mapChanges };
}

/** Behind, or at the same place with another checksum. An older incarnation than the stored one says nothing. */
export function isBehind(row: StreamRow | undefined, witnessed: WitnessedStream): boolean {
  if (row === undefined) return !witnessed.deleted;
  if (row.loss !== undefined || row.number > witnessed.number) return false;
  if (row.number < witnessed.number) return !witnessed.deleted || !row.deleted;
  if (row.deleted) return false;
  const { offset, checksum } = row.tail;
  if (offset < witnessed.tail || (offset === witnessed.tail && checksum !== witnessed.checksum)) return true;
  return (witnessed.deleted && !row.deleted) || (witnessed.closed && !row.closed);
}

/** Numbers and revisions that were given out are never given again, also when what bore them is lost. */
function keepNumbers(draft: CommitDraft, revision: number, numbers: Iterable<number>): void {
  const { counters } = draft;
  let { nextNumber } = counters;
  for (const number of numbers) nextNumber = Math.max(nextNumber, number + 1);
  if (revision <= counters.revision && nextNumber <= counters.nextNumber) return;
  draft.counters = { ...counters, nextNumber, revision: Math.max(counters.revision, revision) };
  draft.dirty = true;
}
