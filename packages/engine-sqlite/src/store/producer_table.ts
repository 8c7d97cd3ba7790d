import {
  type Crc32,
  foldProducer,
  type Limits,
  openBatches,
  type ProducerState,
  storedLimits,
  type Tx,
} from '@packetboat/core';
import { everyKey, everyRow } from './every_row.ts';
import { decodeJson, encodeJson } from './json_row.ts';
import { damaged } from './row_crc.ts';
import { readSegments } from './read_segments.ts';
import type { SnapshotState, StreamRow } from './stream_row.ts';
import { tables } from './tables.ts';

/** A producer's row: recent batches as [sequence, crc, offset, count]. */
interface ProducerRow {
  readonly epoch: number;
  readonly sequence: number;
  readonly recent: readonly (readonly [number, number, number, number])[];
}

const foldBytes = 4_194_304;
const encoder = new TextEncoder();

/** What the engine's logic works with. */
export interface EnginePorts {
  readonly tx: Tx;
  readonly crc32: Crc32;
  readonly limits: Limits;
}

/**
 * What one stream remembers of its producers: the snapshot rows, and over them the fold of the batches stored since
 * (rule 3). The ids of the snapshot are known, so that a row that vanished is damage and not a new producer (F7).
 */
export class ProducerTable {
  readonly #ports: EnginePorts;
  readonly #number: number;
  readonly #snapshotIds: Set<string>;
  /** As {@linkcode SnapshotState.ids}. */
  #idsCheck: number;
  /** States newer than the snapshot, as committed. */
  readonly #folded: Map<string, ProducerState>;
  /** States of the commit that is being made. */
  readonly #staged = new Map<string, ProducerState>();
  /** States that the commit that is being made wrote into the snapshot. */
  readonly #written = new Map<string, ProducerState>();
  /** What {@linkcode SnapshotState.ids} is with them. */
  #writtenCheck = 0;

  private constructor(ports: EnginePorts, number: number, ids: Set<string>, folded: Map<string, ProducerState>) {
    this.#ports = ports;
    this.#number = number;
    this.#snapshotIds = ids;
    this.#idsCheck = checkOf(ids, ports.crc32);
    this.#folded = folded;
  }

  /** Reads the snapshot's ids and folds what `row` holds behind it. @throws {PacketboatError} `damaged` */
  static load(ports: EnginePorts, row: StreamRow): ProducerTable {
    const ids = loadIds(ports, row);
    const table = new ProducerTable(ports, row.number, ids, new Map());
    let from = row.snapshot.offset;
    while (from < row.tail.offset) {
      const segments = readSegments(ports.tx, row, from, foldBytes);
      for (const segment of segments) {
        table.#fold(segment.before.offset, segment.bytes);
        from = segment.after.offset;
      }
    }
    const count = ids.union(table.#folded).size;
    if (count === row.producers) return table;
    throw damaged(tables.producers, [row.number], `${count} of ${row.producers} producers are known`);
  }

  /** Entries held in memory. */
  get size(): number {
    return this.#snapshotIds.size + this.#folded.size;
  }

  get(id: string): ProducerState | undefined {
    const state = this.#staged.get(id) ?? this.#folded.get(id);
    if (state !== undefined || !this.#snapshotIds.has(id)) return state;
    const key = [this.#number, id];
    const bytes = this.#ports.tx.get(tables.producers, key);
    if (bytes === undefined) throw damaged(tables.producers, key, 'it is missing');
    return decodeProducer(bytes);
  }

  /** Remembers a state of the commit that is being made. */
  stage(id: string, state: ProducerState): void {
    this.#staged.set(id, state);
  }

  /** Writes every state that is newer than the snapshot, within the commit that is being made. */
  writeSnapshot(tailOffset: number): SnapshotState {
    const { tx, crc32 } = this.#ports;
    let [rows, ids] = [this.#snapshotIds.size, this.#idsCheck];
    for (const [id, state] of new Map([...this.#folded, ...this.#staged])) {
      tx.put(tables.producers, [this.#number, id], encodeProducer(state));
      this.#written.set(id, state);
      if (this.#snapshotIds.has(id)) continue;
      rows += 1;
      ids ^= crc32(encoder.encode(id));
    }
    this.#writtenCheck = ids >>> 0;
    return { offset: tailOffset, rows, ids: this.#writtenCheck, segmentsSince: 0, bytesSince: 0 };
  }

  /** The commit was stored. */
  committed(): void {
    for (const [id, state] of this.#staged) this.#folded.set(id, state);
    if (this.#written.size > 0) this.#idsCheck = this.#writtenCheck;
    for (const [id, state] of this.#written) {
      this.#snapshotIds.add(id);
      if (this.#folded.get(id) === state) this.#folded.delete(id);
    }
    this.rolledBack();
  }

  /** The commit was not stored. */
  rolledBack(): void {
    this.#staged.clear();
    this.#written.clear();
  }

  #fold(base: number, bytes: Uint8Array): void {
    const { crc32, limits } = this.#ports;
    let offset = base;
    for (const { producer, crc, count } of openBatches(bytes, crc32, storedLimits)) {
      if (producer !== undefined) {
        this.#folded.set(producer.id, foldProducer(this.get(producer.id), producer, { crc, offset, count }, limits));
      }
      offset += count;
    }
  }
}

/** Rows hold up to `recentBatchesMax` batches each: ids are read without them. */
function loadIds({ tx, crc32 }: EnginePorts, { number, snapshot }: StreamRow): Set<string> {
  const [from, to] = [[number], [number + 1]];
  const ids = new Set<string>();
  if (snapshot.ids === undefined) {
    // A snapshot from before ids were checked on their own.
    for (const [[, id]] of everyRow(tx, tables.producers, from, to)) ids.add(String(id));
  } else {
    for (const [, id] of everyKey(tx, tables.producers, from, to)) ids.add(String(id));
  }
  const fits = snapshot.ids === undefined || checkOf(ids, crc32) === snapshot.ids;
  if (fits && ids.size === snapshot.rows) return ids;
  throw damaged(tables.producers, [number], `${ids.size} ids are there, of which ${snapshot.rows} were stored`);
}

function checkOf(ids: Iterable<string>, crc32: Crc32): number {
  let check = 0;
  for (const id of ids) check ^= crc32(encoder.encode(id));
  return check >>> 0;
}

function encodeProducer(state: ProducerState): Uint8Array {
  const recent = state.recent.map(({ sequence, crc, offset, count }) => [sequence, crc, offset, count] as const);
  return encodeJson({ epoch: state.epoch, sequence: state.sequence, recent } satisfies ProducerRow);
}

function decodeProducer(bytes: Uint8Array): ProducerState {
  const { epoch, sequence, recent } = decodeJson(bytes) as ProducerRow;
  return {
    epoch,
    sequence,
    recent: recent.map(([first, crc, offset, count]) => ({ sequence: first, crc, offset, count })),
  };
}
