import type { Batch } from '@packetboat/core';
import type { CommitDraft } from './commit_draft.ts';
import { encodeSegmentRow } from './segment_row.ts';
import { pointAfter, type StreamPoint, type StreamRow, usedAt } from './stream_row.ts';
import { tables } from './tables.ts';

/** A snapshot of the producers is written when this much would have to be folded at the next start (rule 3). */
const snapshotSegments = 64;
const snapshotBytes = 8_388_608;

/** Batches that a stream took in this commit and that are not yet a segment. */
interface Gathered {
  readonly before: StreamPoint;
  readonly batches: Uint8Array[];
  /** The change whose first records of a new stream begin the segment. */
  readonly first: number | undefined;
  /** The changes whose batches follow. */
  readonly changes: number[];
  close: boolean;
}

/** Gathers what one commit appends into one segment for each stream, or more where `segmentBytesMax` demands it. */
export class SegmentGatherer {
  readonly #draft: CommitDraft;
  /** By stream name. */
  readonly #gathered = new Map<string, Gathered>();

  constructor(draft: CommitDraft) {
    this.#draft = draft;
  }

  /** Takes a batch at the stream's tail. @returns the stream with its new tail. */
  take(row: StreamRow, batch: Batch, change: number): StreamRow {
    const { crc32, limits } = this.#draft.state.ports;
    const waiting = this.#gathered.get(row.stream);
    const bytes = waiting === undefined ? 0 : row.tail.bytes - waiting.before.bytes;
    const full = bytes > 0 && bytes + batch.bytes.length > limits.segmentBytesMax;
    const current = full ? this.flush(row) : row;
    const gathered = this.#gathered.get(row.stream) ?? beginAt(row.tail);
    gathered.batches.push(batch.bytes);
    gathered.changes.push(change);
    gathered.close = batch.close;
    this.#gathered.set(row.stream, gathered);
    const tail = pointAfter(row.tail, batch, crc32);
    const next = usedAt({ ...current, tail, closed: row.closed || batch.close }, this.#draft.openMs);
    this.#draft.setStream(next);
    return next;
  }

  /** Takes the first records of a stream that `change` creates. @returns the stream with its new tail. */
  takeFirst(row: StreamRow, batch: Batch, change: number): StreamRow {
    const gathered = { ...beginAt(row.tail, change), batches: [batch.bytes], close: batch.close };
    this.#gathered.set(row.stream, gathered);
    const next = { ...row, tail: pointAfter(row.tail, batch, this.#draft.state.ports.crc32), closed: batch.close };
    this.#draft.setStream(next);
    return next;
  }

  /** Stores what a stream has gathered as a segment. @returns the stream with its snapshot state. */
  flush(row: StreamRow): StreamRow {
    const gathered = this.#gathered.get(row.stream);
    if (gathered === undefined) return row;
    this.#gathered.delete(row.stream);
    const { nowNs, events, state } = this.#draft;
    const { before, batches, first, changes, close } = gathered;
    const head = { before, after: row.tail, close, storedNs: nowNs };
    state.ports.tx.put(tables.segments, [row.number, before.offset], encodeSegmentRow(head, batches));
    const segment = {
      stream: row.stream,
      incarnation: row.incarnation,
      base: before.offset,
      count: row.tail.offset - before.offset,
      checksumBefore: before.checksum,
      checksumAfter: row.tail.checksum,
      close,
    };
    events.push({ kind: 'segment', segment, first, changes, batchBytes: row.tail.bytes - before.bytes });
    const { segmentsSince, bytesSince } = row.snapshot;
    const next = {
      ...row,
      snapshot: {
        ...row.snapshot,
        segmentsSince: segmentsSince + 1,
        bytesSince: bytesSince + row.tail.bytes - before.bytes,
      },
    };
    this.#draft.setStream(next);
    return close || isDue(next) ? this.#trySnapshot(next) : next;
  }

  /** Stores everything gathered. @returns the names of the streams that stored something. */
  flushAll(): string[] {
    const names = [...this.#gathered.keys()];
    for (const name of names) {
      const row = this.#draft.stream(name);
      if (row !== undefined) this.flush(row);
    }
    return names;
  }

  /** A snapshot that cannot be made because a row is damaged is made later: nothing is lost by its absence. */
  #trySnapshot(row: StreamRow): StreamRow {
    try {
      return takeSnapshot(this.#draft, row);
    } catch (error) {
      this.#draft.meetDamage(error);
      return row;
    }
  }
}

/** Writes the stream's producers, so that nothing before its tail is folded again. @throws {PacketboatError} `damaged` */
export function takeSnapshot(draft: CommitDraft, row: StreamRow): StreamRow {
  const next = { ...row, snapshot: draft.producers(row).writeSnapshot(row.tail.offset) };
  draft.setStream(next);
  return next;
}

function beginAt(before: StreamPoint, first?: number): Gathered {
  return { before, batches: [], first, changes: [], close: false };
}

function isDue(row: StreamRow): boolean {
  return row.snapshot.segmentsSince >= snapshotSegments || row.snapshot.bytesSince >= snapshotBytes;
}
