import { type Absence, assert, PacketboatError } from '@packetboat/core';
import type { StoreEvent } from './changes.ts';
import { type Counters, countersKey, type EngineState, encodeMapRow, type Garbage, hasLoss } from './engine_state.ts';
import { encodeJson } from './json_row.ts';
import { writeClock } from './kept_clock.ts';
import { birthOf } from './lifetime_changes.ts';
import type { ProducerTable } from './producer_table.ts';
import type { Moment } from './store_clock.ts';
import {
  claimOf,
  encodeStreamRow,
  type ForkState,
  livingRow,
  newStreamRow,
  type ProofClaim,
  slides,
  stemsFrom,
  type StreamRow,
} from './stream_row.ts';
import { tables } from './tables.ts';

/**
 * What one commit has decided so far, over the state of the last one. Later changes of the same commit see it;
 * nobody else does until the commit is stored (I4). A commit that fails is forgotten whole.
 */
export class CommitDraft {
  readonly state: EngineState;
  readonly nowNs: bigint;
  /** The store's own clock. */
  readonly openMs: number;
  readonly events: StoreEvent[] = [];
  readonly proofs: ProofClaim[] = [];
  /** Damage that was met and did not keep a change from being made, in sentences. */
  readonly damage: string[] = [];
  counters: Counters;
  /** Whether anything is to be stored. */
  dirty = false;
  /** Whether there are keys that end, after this commit. */
  timedKeys: boolean;
  /** How many of them this commit took. */
  newTimedKeys = 0;
  #keepsClock = false;
  readonly #streams = new Map<string, StreamRow>();
  /** The rows that were changed, by number: also of streams that were deleted and made anew. */
  readonly #changed = new Map<number, StreamRow>();
  /** The forks that were made. */
  readonly #forks: StreamRow[] = [];
  readonly #revisions = new Map<string, number | undefined>();
  readonly #garbage = new Map<number, Garbage | undefined>();
  readonly #producers = new Map<number, ProducerTable>();
  readonly #proofOf = new Map<number, number>();
  #names: number;
  #entries: number;

  constructor(state: EngineState, moment: Moment) {
    this.state = state;
    this.nowNs = moment.wallNs;
    this.openMs = moment.openMs;
    this.counters = state.counters;
    this.timedKeys = state.timedKeys;
    this.#names = state.streams.size;
    this.#entries = state.revisions.size;
  }

  /** Names of streams, also of deleted ones. */
  get names(): number {
    return this.#names;
  }

  get mapEntries(): number {
    return this.#entries;
  }

  get changed(): readonly StreamRow[] {
    return [...this.#changed.values()];
  }

  stream(name: string): StreamRow | undefined {
    return this.#streams.get(name) ?? this.state.streams.get(name);
  }

  /** The stream, or why there is none. */
  find(name: string): StreamRow | Absence {
    return livingRow(this.stream(name));
  }

  /** Adds a stream that was not there. */
  addStream(row: StreamRow): void {
    this.setStream(row);
    if (row.fork === undefined) return;
    this.#forks.push(row);
    this.state.forks.add(row);
  }

  /** The forks of a stream, and their forks, by its number. */
  *forksOf(number: number): Generator<StreamRow & { readonly fork: ForkState }> {
    for (const name of this.state.forks.names(number)) {
      const row = this.stream(name);
      if (stemsFrom(row, number)) yield row;
    }
  }

  setStream(row: StreamRow): void {
    if (this.stream(row.stream) === undefined) this.#names += 1;
    this.#streams.set(row.stream, row);
    this.#changed.set(row.number, row);
    this.dirty = true;
  }

  /** The producers of a stream as this commit sees them. @throws {PacketboatError} `damaged` */
  producers(row: StreamRow): ProducerTable {
    const touched = this.#producers.get(row.number);
    if (touched !== undefined) return touched;
    const stored = this.state.streams.get(row.stream);
    const table = this.state.producers.get(stored?.number === row.number ? stored : newStreamRow(row));
    this.#producers.set(row.number, table);
    return table;
  }

  /** Index of the proof of what the stream reaches with this commit; one for each stream. */
  proofOf(row: StreamRow): number {
    const known = this.#proofOf.get(row.number);
    if (known !== undefined) return known;
    const index = this.proofs.push(claimOf(this.#changed.get(row.number) ?? row)) - 1;
    this.#proofOf.set(row.number, index);
    return index;
  }

  revision(key: string): number | undefined {
    return this.#revisions.has(key) ? this.#revisions.get(key) : this.state.revisions.get(key);
  }

  /** Puts a value under the next revision. */
  putEntry(key: string, value: Uint8Array): number {
    if (this.revision(key) === undefined) this.#entries += 1;
    const revision = this.counters.revision + 1;
    this.counters = { ...this.counters, revision };
    this.#revisions.set(key, revision);
    this.state.ports.tx.put(tables.map, [key], encodeMapRow(revision, value));
    this.dirty = true;
    return revision;
  }

  removeEntry(key: string): void {
    this.#entries -= 1;
    this.#revisions.set(key, undefined);
    this.state.ports.tx.delete(tables.map, [key]);
    this.dirty = true;
  }

  garbage(number: number): Garbage | undefined {
    return this.#garbage.has(number) ? this.#garbage.get(number) : this.state.garbage.get(number);
  }

  setGarbage(number: number, garbage: Garbage | undefined): void {
    const { tx } = this.state.ports;
    if (garbage === undefined) tx.delete(tables.garbage, [number]);
    else tx.put(tables.garbage, [number], encodeJson(garbage));
    this.#garbage.set(number, garbage);
    this.dirty = true;
  }

  /** Keeps what the store's own clock shows, for the next run. */
  keepClock(): void {
    writeClock(this.state.ports.tx, this.openMs);
    this.#keepsClock = true;
    this.dirty = true;
  }

  /** Notes damage that only puts off what can wait. Rethrows anything else. */
  meetDamage(error: unknown): void {
    if (!(error instanceof PacketboatError) || error.code !== 'damaged') throw error;
    this.damage.push(error.message);
  }

  /** Writes the rows that change with every commit, once. */
  write(): void {
    const { tx } = this.state.ports;
    for (const [name, row] of this.#streams) tx.put(tables.streams, [name], encodeStreamRow(row));
    this.counters = { ...this.counters, streams: this.#names, entries: this.#entries };
    const before = JSON.stringify(this.state.counters);
    if (JSON.stringify(this.counters) !== before) tx.put(tables.meta, countersKey, encodeJson(this.counters));
  }

  /** The commit is stored: what it decided is the state. */
  publish(): void {
    const { state } = this;
    for (const [name, row] of this.#streams) {
      const before = state.streams.get(name);
      state.losses += hasLoss(row) - hasLoss(before);
      state.sliding += Number(slides(row)) - Number(slides(before));
      const birth = birthOf(row, before);
      if (birth !== undefined) this.events.push(birth);
      state.streams.set(name, row);
      if (before !== undefined) state.forks.settle(before, row);
      if (row.deleted) state.names.delete(name);
      else state.names.add(name);
    }
    for (const [key, revision] of this.#revisions) {
      if (revision === undefined) {
        state.revisions.delete(key);
        state.keys.delete(key);
      } else {
        state.revisions.set(key, revision);
        state.keys.add(key);
      }
    }
    for (const [number, garbage] of this.#garbage) {
      if (garbage === undefined) state.garbage.delete(number);
      else state.garbage.set(number, garbage);
    }
    for (const fork of this.#forks) state.forks.settle(fork, state.streams.get(fork.stream));
    for (const table of this.#producers.values()) table.committed();
    for (const row of this.#changed.values()) if (row.deleted) state.producers.forget(row.number);
    state.producers.trim(this.#producers.keys());
    state.counters = this.counters;
    state.timedKeys = this.timedKeys;
    if (this.#keepsClock) state.keptMs = this.openMs;
    assert(state.streams.size === this.#names, `${this.#names} names are counted, not ${state.streams.size}`);
  }

  /** The commit is not stored. */
  discard(): void {
    for (const fork of this.#forks) this.state.forks.settle(fork, this.state.streams.get(fork.stream));
    for (const table of this.#producers.values()) table.rolledBack();
    this.state.producers.trim(this.#producers.keys());
    this.state.oldest.clear();
  }
}
