import {
  type Absence,
  type CommitOutcome,
  isMortal,
  type MapEntry,
  PacketboatError,
  type StoredLifetime,
  type StreamInfo,
} from '@packetboat/core';
import { applyAppend } from './append_change.ts';
import type { Change, ChangeResult, CommitReport } from './changes.ts';
import { CommitDraft } from './commit_draft.ts';
import { applyCreate } from './create_change.ts';
import { countersKey, decodeMapRow, EngineState, noCounters } from './engine_state.ts';
import { encodeJson } from './json_row.ts';
import { sweepKeys } from './keys.ts';
import { applyExpire, applyUse } from './lifetime_changes.ts';
import { applyPut, applyRemove } from './map_changes.ts';
import type { EnginePorts } from './producer_table.ts';
import { isLimited, retain } from './retention.ts';
import { damaged } from './row_crc.ts';
import { SegmentGatherer } from './segment_gatherer.ts';
import { acceptLoss, applyClose, applyDelete, applyWitness } from './stream_changes.ts';
import { infoOf, livingRow } from './stream_row.ts';
import type { Moment } from './store_clock.ts';
import { tables } from './tables.ts';
import { applyTrim, sweep } from './trim.ts';
import { applyWitnessEntries, type Loss, type WitnessEntry } from './witness_entry.ts';

/** How a commit ended; nothing has happened unless it is `ok`. */
export type EngineOutcome =
  | {
      readonly kind: 'ok';
      readonly report: CommitReport /** Whether anything was stored and synced. */;
      readonly stored: boolean;
    }
  | { readonly kind: 'failed' | 'unknown'; readonly cause: PacketboatError };

/** Streams that one tending looks at for retention by age. */
const tendedAtOnce = 1_000;
/** The store's own clock is kept this often while anything ends by it: a crash sets it back by that much. */
const clockKeptEveryMs = 60_000;

/**
 * The embedded engine's logic over the port `Tx`: what stands behind `store.log` and `store.map`. It is synchronous,
 * has no clock and no chance, and knows neither threads nor SQLite, so that the simulator runs exactly this code
 * over a disk that fails.
 */
export class Engine {
  readonly #ports: EnginePorts;
  readonly #state: EngineState;
  /** Why nothing is committed any more (P8). */
  #stopped: Error | undefined;
  /** Where retention by age goes on. */
  #tended: string | undefined;
  /** Whether the disk is full: what takes room is refused, everything else goes on (P8). @default false */
  full = false;

  private constructor(ports: EnginePorts, state: EngineState) {
    this.#ports = ports;
    this.#state = state;
  }

  /** Writes the rows of a fresh store, within a transaction of the caller. */
  static create(ports: Pick<EnginePorts, 'tx'>): void {
    ports.tx.put(tables.meta, countersKey, encodeJson(noCounters));
  }

  /** @throws {PacketboatError} `damaged` */
  static open(ports: EnginePorts): Engine {
    return new Engine(ports, EngineState.load(ports));
  }

  get streams(): number {
    return this.#state.names.size;
  }

  /** Streams with a loss that nobody has accepted. */
  get losses(): number {
    return this.#state.losses;
  }

  /**
   * Decides about `changes`, one after the other, and stores what they do in one transaction.
   * A change that is refused does not disturb the others.
   *
   * @throws {PacketboatError} `storeFailed` after a commit whose outcome is unknown.
   */
  commit(changes: readonly Change[], now: Moment): EngineOutcome {
    return this.#transaction(now, (draft) => {
      const gatherer = new SegmentGatherer(draft);
      const results = changes.map((change, index) => attempt(() => this.#apply(draft, gatherer, change, index)));
      for (const name of gatherer.flushAll()) {
        const row = draft.find(name);
        if (typeof row === 'object') retain(draft, row);
      }
      if (draft.newTimedKeys > 0) sweepKeys(draft, 2 * draft.newTimedKeys);
      return results.map((result) => result());
    });
  }

  /**
   * Compares the store with a second witness, and freezes the streams of which it says more than is stored (F15).
   *
   * @param keepEvidence Called before anything is written, when something is lost.
   */
  compare(
    entries: readonly WitnessEntry[],
    now: Moment,
    keepEvidence: () => void,
  ): { readonly outcome: EngineOutcome; readonly loss: Loss } {
    let loss: Loss = { streams: [], mapChanges: 0 };
    const outcome = this.#transaction(now, (draft) => {
      loss = applyWitnessEntries(draft, entries);
      if (loss.streams.length > 0 || loss.mapChanges > 0) keepEvidence();
      return [];
    });
    return { outcome, loss };
  }

  /**
   * Does a bounded piece of what can wait: garbage, then keys that have ended, then retention by age. `stored` says
   * whether there was any.
   */
  tend(now: Moment): EngineOutcome {
    return this.#transaction(now, (draft) => {
      const unkeptMs = now.openMs - this.#state.keptMs;
      if (unkeptMs >= clockKeptEveryMs && this.#hasTimed && !this.full) draft.keepClock();
      const number = this.#state.garbage.keys().next().value;
      if (number !== undefined) {
        sweep(draft, number);
        return [];
      }
      if (sweepKeys(draft)) return [];
      const names = this.#state.names.list('', this.#tended, tendedAtOnce);
      for (const name of names) {
        const row = draft.find(name);
        if (typeof row === 'object' && isLimited(row)) retain(draft, row);
      }
      this.#tended = names.length < tendedAtOnce ? undefined : names.at(-1);
      return [];
    });
  }

  /** Keeps what the store's own clock shows, at the end of a run. */
  keepClock(now: Moment): EngineOutcome {
    return this.#transaction(now, (draft) => {
      if (this.#hasTimed && !this.full) draft.keepClock();
      return [];
    });
  }

  /** What the store's own clock showed at the latest when the last run ended. */
  get keptMs(): number {
    return this.#state.keptMs;
  }

  /** The streams that have a lifetime. */
  lifetimes(): StoredLifetime[] {
    return [...this.#state.streams.values()].flatMap(({ stream, incarnation, lifetime = {}, usedMs = 0, deleted }) =>
      deleted || !isMortal(lifetime) ? [] : [{ stream, incarnation, lifetime, usedMs }],
    );
  }

  info(name: string): StreamInfo | Absence {
    const found = livingRow(this.#state.streams.get(name));
    return typeof found === 'string' ? found : infoOf(found);
  }

  list(prefix: string, after: string | undefined, limit: number): StreamInfo[] {
    return this.#state.names.list(prefix, after, limit).flatMap((name) => {
      const info = this.info(name);
      return typeof info === 'string' ? [] : [info];
    });
  }

  producer(name: string, id: string): { readonly epoch: number; readonly sequence: number } | undefined {
    const row = livingRow(this.#state.streams.get(name));
    if (typeof row === 'string') return undefined;
    const state = this.#state.producers.get(row).get(id);
    this.#state.producers.trim([row.number]);
    return state === undefined ? undefined : { epoch: state.epoch, sequence: state.sequence };
  }

  /** @throws {PacketboatError} `damaged` */
  entry(key: string): MapEntry | undefined {
    const revision = this.#state.revisions.get(key);
    if (revision === undefined) return undefined;
    const bytes = this.#ports.tx.get(tables.map, [key]);
    const row = bytes === undefined ? undefined : decodeMapRow(bytes);
    if (row === undefined || row.revision !== revision) throw damaged(tables.map, [key], 'it is missing');
    return { key, ...row };
  }

  entries(prefix: string, after: string | undefined, limit: number): MapEntry[] {
    return this.#state.keys.list(prefix, after, limit).flatMap((key) => this.entry(key) ?? []);
  }

  /** Whether anything ends by the store's own clock. */
  get #hasTimed(): boolean {
    return this.#state.sliding > 0 || this.#state.timedKeys;
  }

  #transaction(now: Moment, run: (draft: CommitDraft) => ChangeResult[]): EngineOutcome {
    if (this.#stopped !== undefined) {
      throw new PacketboatError('storeFailed', 'The store has stopped', { cause: this.#stopped });
    }
    const { tx } = this.#ports;
    const draft = new CommitDraft(this.#state, now);
    tx.begin();
    try {
      const results = run(draft);
      if (draft.dirty) draft.write();
      else tx.rollback();
      const outcome: CommitOutcome = draft.dirty ? tx.commit() : { kind: 'ok' };
      if (outcome.kind === 'ok') {
        draft.publish();
        const { events, proofs, changed, damage } = draft;
        const report = { results, events, proofs, changed, damage, revision: draft.counters.revision };
        return { kind: 'ok', report, stored: draft.dirty };
      }
      draft.discard();
      if (outcome.kind === 'unknown') this.#stopped = outcome.cause;
      return { kind: outcome.kind, cause: asOurs(outcome.cause) };
    } catch (error) {
      // A broken belief: nothing is known of the draft, so nothing is stored and nothing more is tried.
      this.#stopped = error as Error;
      tx.rollback();
      throw error;
    }
  }

  #apply(draft: CommitDraft, gatherer: SegmentGatherer, change: Change, index: number): () => ChangeResult {
    if (this.full && (change.kind === 'append' || change.kind === 'create')) {
      throw new PacketboatError('diskFull', 'The disk of the store is full', { retryAfterMs: 1_000 });
    }
    if (change.kind === 'append') return applyAppend(draft, gatherer, change, index);
    const result = applyOther(draft, gatherer, change, index);
    return () => result;
  }
}

function asOurs(cause: Error): PacketboatError {
  return cause instanceof PacketboatError ? cause : new PacketboatError('storeFailed', cause.message, { cause });
}

/** Runs one change; a refusal is its result. Anything else is a broken belief of ours. */
function attempt(run: () => () => ChangeResult): () => ChangeResult {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof PacketboatError) || error.code === 'internal') throw error;
    return () => error;
  }
}

function applyOther(
  draft: CommitDraft,
  gatherer: SegmentGatherer,
  change: Exclude<Change, { kind: 'append' }>,
  index: number,
): ChangeResult {
  switch (change.kind) {
    case 'create':
      return applyCreate(draft, gatherer, change, index);
    case 'close':
      return applyClose(draft, gatherer, change.stream, change.batch, index);
    case 'delete':
      return applyDelete(draft, gatherer, change.stream);
    case 'expire':
      return applyExpire(draft, gatherer, change.stream, change.incarnation);
    case 'use':
      return applyUse(draft, change.stream, change.incarnation);
    case 'trim':
      return applyTrim(draft, gatherer, change.stream, change.before);
    case 'acceptLoss':
      return acceptLoss(draft, change.stream, change.newIncarnation);
    case 'witness':
      return applyWitness(draft, gatherer, change.claim);
    case 'put':
      return applyPut(draft, change.key, change.value, change.expected);
    default:
      return applyRemove(draft, change.key, change.expected);
  }
}
