import assert from 'node:assert/strict';
import { type Batch, type BatchInput, batchRecords, openBatch, openBatches, sealBatch } from '../batch.ts';
import { crc32 } from '../crc32.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import type { World } from '../ports.ts';
import type {
  AppendOutcome,
  AppendRequest,
  CreateOutcome,
  LogListener,
  ReadOutcome,
  Segment,
  Store,
  StreamInfo,
} from '../store.ts';
import type { VirtualWorld } from './virtual_world.ts';

/** What an engine's opener returns to the suites. */
export interface OpenedStore {
  readonly store: Store;
  /** Closes the store and opens it again on the same folder; absent where nothing outlives a close. */
  readonly reopen?: () => Promise<Store>;
  /** Closes the store, if still open, and removes what it left behind. */
  readonly dispose: () => Promise<void>;
}

/** Opens a new, empty store. */
export type OpenStore = (options: { readonly world: World; readonly limits: Limits }) => Promise<OpenedStore>;

/** What a store told its listener. */
export type StoreEvent =
  | { readonly kind: 'segment'; readonly segment: Segment }
  | { readonly kind: 'trimmed'; readonly info: StreamInfo }
  | { readonly kind: 'deleted'; readonly stream: string; readonly incarnation: string }
  | { readonly kind: 'settled'; readonly stream: string; readonly outcome: AppendOutcome };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A store under test, and short words for what tests do with it. */
export class StoreTester {
  readonly world: VirtualWorld;
  /** What the listener heard and which appends settled, in order. */
  readonly events: StoreEvent[] = [];
  readonly #opened: OpenedStore;
  #store: Store;
  #names = 0;

  constructor(opened: OpenedStore, world: VirtualWorld) {
    this.#opened = opened;
    this.world = world;
    this.#store = opened.store;
    this.#store.log.listen(recorder(this.events));
  }

  get store(): Store {
    return this.#store;
  }

  /** A stream name that no other test of this store uses. */
  name(): string {
    this.#names += 1;
    return `tests/${String(this.#names).padStart(3, '0')}`;
  }

  /** A new stream of that name. */
  async stream(options?: Parameters<Store['log']['create']>[1]): Promise<string> {
    const name = this.name();
    const outcome = await this.store.log.create(name, options);
    assert.equal(outcome.kind, 'created');
    return name;
  }

  async append(stream: string, batch: Batch, more: Partial<AppendRequest> = {}): Promise<AppendOutcome> {
    const outcome = await this.store.log.append({ stream, batch, ...more });
    this.events.push({ kind: 'settled', stream, outcome });
    return outcome;
  }

  /** Appends what must be taken. */
  async appended(stream: string, batch: Batch, more: Partial<AppendRequest> = {}) {
    const outcome = await this.append(stream, batch, more);
    assert.equal(outcome.kind, 'appended', JSON.stringify(outcome));
    return outcome;
  }

  /** Appends what must be refused. */
  async refused(code: string, stream: string, batch: Batch, more: Partial<AppendRequest> = {}): Promise<void> {
    const outcome = await this.append(stream, batch, more);
    assert.deepEqual(
      { kind: outcome.kind, code: outcome.kind === 'refused' ? outcome.code : undefined },
      { kind: 'refused', code },
    );
  }

  async info(stream: string): Promise<StreamInfo> {
    const info = await this.store.log.info(stream);
    assert(typeof info === 'object', `there is no stream ${stream}`);
    return info;
  }

  /** All segments of the stream from `from` on, read in pieces of `bytesMax`. */
  async segments(stream: string, from: number, bytesMax = 4_096): Promise<Segment[]> {
    const segments: Segment[] = [];
    for (let at = from; ; ) {
      const outcome = expectSegments(await this.store.log.read(stream, at, bytesMax));
      const last = outcome.segments.at(-1);
      if (last === undefined) return segments;
      segments.push(...outcome.segments);
      at = last.base + last.count;
    }
  }

  /** All batches of the stream from `from` on; the first may begin before it. */
  async batches(stream: string, from: number): Promise<Batch[]> {
    const segments = await this.segments(stream, from);
    return segments.flatMap((segment) => openBatches(segment.bytes, crc32, defaultLimits));
  }

  /** All records of the stream as texts. */
  async texts(stream: string): Promise<string[]> {
    const { first } = await this.info(stream);
    return (await this.batches(stream, first)).flatMap((batch) => textsOf(batch));
  }

  /** Segments of the stream that the listener was told of. */
  told(stream: string): Segment[] {
    return this.events.flatMap((event) =>
      event.kind === 'segment' && event.segment.stream === stream ? [event.segment] : [],
    );
  }

  get canReopen(): boolean {
    return this.#opened.reopen !== undefined;
  }

  async reopen(): Promise<void> {
    assert(this.#opened.reopen !== undefined);
    this.#store = await this.#opened.reopen();
    this.#store.log.listen(recorder(this.events));
  }

  async dispose(): Promise<void> {
    await this.#opened.dispose();
  }
}

/** A sealed and opened batch of these texts. */
export function batchOf(texts: readonly string[], more: Omit<BatchInput, 'records'> = {}): Batch {
  const records = texts.map((text, index) => ({ timeNs: BigInt(index), bytes: encoder.encode(text) }));
  return openBatch(sealBatch({ records, ...more }, crc32), 0, crc32, defaultLimits);
}

export function textsOf(batch: Batch): string[] {
  return Array.from(batchRecords(batch), (record) => decoder.decode(record.bytes));
}

/** Running checksum over these texts, continued from `initial`. */
export function checksumOf(texts: readonly string[], initial = 0): number {
  return crc32(encoder.encode(texts.join('')), initial);
}

/** What is told of a stream that must be there now. */
export function expectInfo(outcome: CreateOutcome): StreamInfo {
  assert(outcome.kind !== 'refused', `create was refused: ${outcome.kind === 'refused' && outcome.code}`);
  return outcome.info;
}

export function expectSegments(outcome: ReadOutcome): ReadOutcome & { kind: 'segments' } {
  assert(outcome.kind === 'segments', `read answered ${outcome.kind}`);
  return outcome;
}

function recorder(events: StoreEvent[]): LogListener {
  return {
    segment: (segment) => events.push({ kind: 'segment', segment: { ...segment, bytes: segment.bytes.slice() } }),
    trimmed: (info) => events.push({ kind: 'trimmed', info }),
    deleted: (stream, incarnation) => events.push({ kind: 'deleted', stream, incarnation }),
  };
}
