import {
  checkSample,
  hex,
  openBatch,
  PacketboatError,
  type RecordInput,
  sampleBytes,
  type Spool,
  type SpooledBatch,
  type SpoolStatus,
  spoolStatusOf,
} from '@packetboat/core';
import { Gate } from '../gate.ts';
import type { BrowserPlatform, PageChannel } from './browser_platform.ts';
import { dropOldest, insertSample, type SampleMeans, sealNext } from './samples.ts';
import { resultOf, type SpoolDatabase, type StateRow, type Tables } from './spool_database.ts';

/** What a {@linkcode BrowserSpool} is made of. */
export interface BrowserSpoolParts extends SampleMeans {
  readonly name: string;
  readonly database: SpoolDatabase;
  readonly platform: BrowserPlatform;
  readonly whenFull: 'block' | 'gap';
}

/** Records that wait to be stored, and whom to tell. */
interface QueuedPut {
  readonly records: readonly RecordInput[];
  readonly mark: string | undefined;
  readonly bytes: number;
  readonly settled: PromiseWithResolvers<number>;
}

/** The port `Spool` on IndexedDB. Any number of pages may put in; the one that has claimed it ships. */
export class BrowserSpool implements Spool {
  readonly #parts: BrowserSpoolParts;
  readonly #database: SpoolDatabase;
  readonly #changed = new Gate();
  readonly #channel: PageChannel | undefined;
  readonly #released = Promise.withResolvers<void>();
  #queue: QueuedPut[] = [];
  #queueBytes = 0;
  #storing: Promise<void> | undefined;
  /** Set once this page has claimed the shipping. */
  #claimed: string | undefined;
  #closed = false;

  constructor(parts: BrowserSpoolParts) {
    const { name, database, platform } = parts;
    this.#parts = parts;
    this.#database = database;
    if (platform.BroadcastChannel !== undefined) {
      this.#channel = new platform.BroadcastChannel(lockName(name));
      this.#channel.addEventListener('message', () => this.#changed.open());
    }
  }

  async put(records: readonly RecordInput[], mark?: string): Promise<number> {
    this.#assertOpen();
    const { limits } = this.#parts;
    let bytes = 0;
    for (const record of records) bytes += sampleBytes(checkSample(record, limits).bytes);
    if (mark !== undefined && mark.length > limits.mapValueBytesMax) {
      const message = `Mark of ${mark.length} characters is over the limit of ${limits.mapValueBytesMax}`;
      throw new PacketboatError('tooLarge', message);
    }
    if (this.#queueBytes + bytes > limits.appendQueueBytesMax && this.#queue.length > 0) {
      throw new PacketboatError('busy', `${this.#queueBytes} bytes already wait to be put into the spool`);
    }
    const settled = Promise.withResolvers<number>();
    this.#queue.push({ records, mark, bytes, settled });
    this.#queueBytes += bytes;
    this.#storing ??= this.#storeAll();
    return settled.promise;
  }

  async mark(): Promise<string | undefined> {
    this.#assertOpen();
    return (await this.#database.state()).mark;
  }

  async claim(signal?: AbortSignal): Promise<void> {
    this.#assertOpen();
    const { name, platform, world } = this.#parts;
    const locks = platform.navigator?.locks;
    if (locks !== undefined) {
      const locked = Promise.withResolvers<void>();
      const hold = (): Promise<void> => {
        locked.resolve();
        return this.#released.promise;
      };
      locks.request(lockName(name), signal === undefined ? {} : { signal }, hold).catch((cause: unknown) => {
        locked.reject(new PacketboatError('aborted', `Nobody waits to ship the spool ${name} any more`, { cause }));
      });
      await locked.promise;
    }
    const claimed = hex(world.random.bytes(16));
    await this.#database.transact('strict', async ({ state }) => {
      state.shipper = claimed;
    });
    this.#claimed = claimed;
  }

  async *unacknowledged(): AsyncGenerator<SpooledBatch> {
    for (let sequence = 0; ; sequence++) {
      this.#assertOpen();
      const batch = await this.#database.read(async ({ state, batches }) => {
        sequence = Math.max(sequence, state.firstSequence);
        return sequence < state.nextSequence ? { row: await resultOf(batches.get(sequence)) } : undefined;
      });
      if (batch === undefined) return;
      if (batch.row === undefined) throw this.#damaged(sequence);
      const { bytes } = batch.row;
      const { crc32 } = this.#parts.world;
      // What is damaged is never sent: the server would take it for a client that breaks the protocol.
      openBatch(bytes, 0, crc32, this.#parts.limits);
      yield { sequence, bytes };
    }
  }

  async seal(bytesMax: number): Promise<SpooledBatch | undefined> {
    this.#assertOpen();
    const { sealedTo, produced } = await this.#database.state();
    if (sealedTo === produced) return undefined;
    return this.#database.transact('strict', (tables) => {
      this.#assertShipper(tables.state);
      return sealNext(this.#parts, tables, bytesMax);
    });
  }

  async acknowledge(sequence: number): Promise<void> {
    this.#assertOpen();
    const { name, platform } = this.#parts;
    // Unsynced: if a power cut takes this back, the batches are sent once more, and are duplicates.
    await this.#database.transact('relaxed', async ({ state, batches }) => {
      this.#assertShipper(state);
      if (sequence < state.firstSequence) return;
      if (sequence >= state.nextSequence) {
        const message =
          `The server has batch ${sequence} of the spool ${name}, which has sealed ${state.nextSequence}: ` +
          'its newest part is lost, or it is an old copy';
        throw new PacketboatError('dataLossDetected', message);
      }
      const row = await resultOf(batches.get(sequence));
      if (row === undefined) throw this.#damaged(sequence);
      batches.delete(platform.IDBKeyRange.upperBound(sequence));
      state.acknowledgedTo = row.to;
      state.firstSequence = sequence + 1;
      state.sealedBytes = state.sealedBytesEver - row.bytesEver;
    });
  }

  async wait(signal?: AbortSignal): Promise<void> {
    const wake = (): void => this.#changed.open();
    signal?.addEventListener('abort', wake);
    try {
      for (;;) {
        if (signal?.aborted === true) throw new PacketboatError('aborted', 'Nobody waits for the spool any more');
        this.#assertOpen();
        const changed = this.#changed.wait();
        const { sealedTo, produced } = await this.#database.state();
        if (sealedTo < produced) return;
        await changed;
      }
    } finally {
      signal?.removeEventListener('abort', wake);
    }
  }

  async status(): Promise<SpoolStatus> {
    this.#assertOpen();
    return spoolStatusOf(await this.#database.state());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#storing;
    this.#changed.open();
    this.#channel?.close();
    this.#database.close();
    this.#released.resolve();
  }

  /** Stores what waits, until nothing does: what comes while a transaction runs is stored by the next one together. */
  async #storeAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const puts = this.#takePuts();
      try {
        const results = await this.#database.transact('strict', (tables) => this.#storeSome(tables, puts));
        for (const [index, { settled }] of puts.entries()) {
          const result = results[index];
          if (typeof result === 'number') settled.resolve(result);
          else settled.reject(result);
        }
        this.#changed.open();
        this.#channel?.postMessage('put');
      } catch (error) {
        for (const { settled } of puts) settled.reject(error);
      }
    }
    this.#storing = undefined;
  }

  #takePuts(): QueuedPut[] {
    let count = 0;
    let bytes = 0;
    for (const put of this.#queue) {
      if (count > 0 && bytes + put.bytes > this.#parts.limits.commitBytesMax) break;
      count += 1;
      bytes += put.bytes;
    }
    this.#queueBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  async #storeSome(tables: Tables, puts: readonly QueuedPut[]): Promise<(number | PacketboatError)[]> {
    const { state, samples } = tables;
    const { name, bytesMax, whenFull, world } = this.#parts;
    const { crc32 } = world;
    const results: (number | PacketboatError)[] = [];
    for (const put of puts) {
      const held = whenFull === 'block' ? state.unsealedBytes + state.sealedBytes : 0;
      if (put.records.length > 0 && held + put.bytes > bytesMax) {
        const message = `The spool ${name} holds ${held} of ${bytesMax} bytes; ${put.bytes} more do not fit`;
        results.push(new PacketboatError('spoolFull', message));
        continue;
      }
      results.push(state.produced);
      for (const { timeNs, bytes } of put.records) {
        const from = state.produced++;
        insertSample(samples, crc32, { kind: 'record', from, to: from + 1, timeNs, bytes });
      }
      state.unsealedBytes += put.bytes;
      state.mark = put.mark ?? state.mark;
    }
    if (whenFull === 'gap') await dropOldest(this.#parts, tables);
    return results;
  }

  /** Without locks between pages, the last one that claimed it ships. */
  #assertShipper(state: StateRow): void {
    if (this.#claimed === undefined || this.#claimed === state.shipper) return;
    throw new PacketboatError('takenOver', `Another page ships the spool ${this.#parts.name} now`);
  }

  #damaged(sequence: number): PacketboatError {
    return new PacketboatError('damaged', `The spool's batch ${sequence} is missing`);
  }

  #assertOpen(): void {
    if (this.#closed) throw new PacketboatError('aborted', `The spool ${this.#parts.name} is closed`);
  }
}

function lockName(name: string): string {
  return `packetboat/spool/${name}`;
}
