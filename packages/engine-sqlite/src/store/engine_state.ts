import { PacketboatError, type Key, type Table } from '@packetboat/core';
import { everyRow } from './every_row.ts';
import { decodeJson } from './json_row.ts';
import { ForkIndex } from './fork_index.ts';
import { readClock } from './kept_clock.ts';
import { hasTimedKeys, keyBytesMax } from './keys.ts';
import type { EnginePorts } from './producer_table.ts';
import { ProducerTables } from './producer_tables.ts';
import { damaged } from './row_crc.ts';
import type { SegmentHead } from './segment_row.ts';
import { SortedNames } from './sorted_names.ts';
import { decodeStreamRow, slides, type StreamRow } from './stream_row.ts';
import { tables } from './tables.ts';

/** What is counted over the whole store, in one row of `meta`. */
export interface Counters {
  /** The number the next stream gets. */
  readonly nextNumber: number;
  /** The last revision of the map. */
  readonly revision: number;
  /** Rows of `streams` and `map`, so that a vanished one is noticed. */
  readonly streams: number;
  readonly entries: number;
}

/** The key of {@linkcode Counters} in `meta`. */
export const countersKey: Key = ['counters'];

/** What a fresh store counts. */
export const noCounters: Counters = Object.freeze({ nextNumber: 1, revision: 0, streams: 0, entries: 0 });

/** Segments of a stream that wait to be deleted: those before `before`, or everything of it. */
export interface Garbage {
  readonly before: number | 'everything';
}

/** Comes after every name and key. */
const lastText = '\u{10ffff}'.repeat(keyBytesMax / 4 + 1);
const producerEntriesMax = 250_000;

/**
 * What the engine knows without reading, as of the last commit. Loading it reads the rows of streams and map, never
 * those of records, so a start does not grow with what is stored.
 */
export class EngineState {
  readonly ports: EnginePorts;
  /** Every stream, also deleted ones, by name. */
  readonly streams = new Map<string, StreamRow>();
  /** Names of the streams that are not deleted. */
  readonly names = new SortedNames();
  /** Revisions of the map's keys. */
  readonly revisions = new Map<string, number>();
  readonly keys = new SortedNames();
  readonly garbage = new Map<number, Garbage>();
  readonly forks = new ForkIndex();
  readonly producers: ProducerTables;
  /** The oldest segments of streams with retention, by stream number. */
  readonly oldest = new Map<number, SegmentHead>();
  counters: Counters;
  /** Streams with a loss that nobody has accepted. */
  losses = 0;
  /** Streams that end when nobody uses them. */
  sliding = 0;
  /** Whether there may be keys that end. */
  timedKeys = false;
  /** What the store's own clock showed when it was kept last. */
  keptMs = 0;

  private constructor(ports: EnginePorts, counters: Counters) {
    this.ports = ports;
    this.counters = counters;
    this.producers = new ProducerTables(ports, producerEntriesMax);
  }

  /** @throws {PacketboatError} `damaged` when a row fails its CRC or is missing. */
  static load(ports: EnginePorts): EngineState {
    const { tx } = ports;
    const counters = tx.get(tables.meta, countersKey);
    if (counters === undefined) throw damaged(tables.meta, countersKey, 'it is missing');
    const state = new EngineState(ports, decodeJson(counters) as Counters);
    for (const [[name], value] of everyRow(tx, tables.streams, [''], [lastText])) {
      const row = decodeStreamRow(value);
      state.streams.set(String(name), row);
      if (!row.deleted) state.names.add(row.stream);
      state.losses += hasLoss(row);
      state.sliding += Number(slides(row));
      if (!row.deleted) state.forks.add(row);
      state.keptMs = Math.max(state.keptMs, row.usedMs ?? 0);
    }
    for (const [[key], value] of everyRow(tx, tables.map, [''], [lastText])) {
      state.revisions.set(String(key), decodeMapRow(value).revision);
      state.keys.add(String(key));
    }
    for (const [[number], value] of everyRow(tx, tables.garbage, [0], [Number.MAX_SAFE_INTEGER])) {
      state.garbage.set(Number(number), decodeJson(value) as Garbage);
    }
    state.keptMs = Math.max(state.keptMs, readClock(tx));
    state.timedKeys = hasTimedKeys(tx);
    checkCount(tables.streams, state.streams.size, state.counters.streams);
    checkCount(tables.map, state.revisions.size, state.counters.entries);
    return state;
  }
}

/** A value of the map in its row: an f64 revision (little-endian), then the value. */
export function encodeMapRow(revision: number, value: Uint8Array): Uint8Array {
  const row = new Uint8Array(8 + value.length);
  new DataView(row.buffer).setFloat64(0, revision, true);
  row.set(value, 8);
  return row;
}

export function decodeMapRow(row: Uint8Array): { revision: number; value: Uint8Array } {
  const revision = new DataView(row.buffer, row.byteOffset, row.length).getFloat64(0, true);
  return { revision, value: row.slice(8) };
}

/** 1 when the stream has a loss that nobody has accepted. */
export function hasLoss(row: StreamRow | undefined): 0 | 1 {
  return row !== undefined && row.loss !== undefined && !row.deleted ? 1 : 0;
}

function checkCount(table: Table, found: number, counted: number): void {
  if (found === counted) return;
  throw new PacketboatError('damaged', `Table ${table.name}: ${found} of ${counted} rows are there`);
}
