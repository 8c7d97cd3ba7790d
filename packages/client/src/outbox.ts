import {
  checkJsonRecords,
  defaultLimits,
  gapOf,
  isJson,
  type Limits,
  openBatch,
  PacketboatError,
  type RecordInput,
  sealBatch,
  type Spool,
  type SpoolStatus,
  type World,
} from '@packetboat/core';
import { orAborted } from './abort.ts';
import { Gate } from './gate.ts';
import type { PublishOptions } from './producer.ts';
import type { Receipt } from './receipt.ts';
import { recordObjection } from './record_objection.ts';
import { shipSpool, type ShipSpoolOptions } from './ship_spool.ts';
import type { AcknowledgedBatch, Shipper, ShipperClient } from './shipper.ts';

/** Options of {@linkcode Outbox}. */
export interface OutboxOptions
  extends Pick<ShipSpoolOptions, 'create' | 'contentType' | 'durability' | 'onAcknowledged' | 'onProblem'> {
  /**
   * Where records wait, on this machine's own disk: `openSpool` of `@packetboat/engine-sqlite` in Node,
   * `openBrowserSpool` of `@packetboat/client/browser` in a browser. It feeds `stream`, and is closed with the outbox.
   */
  readonly spool: Spool;
}

/** Where an outbox stands. */
export interface OutboxStatus extends SpoolStatus {
  /** Whether this one ships; `false` while another page of the same spool does, and when shipping has ended. */
  readonly shipping: boolean;
  /** Why nothing is shipped any more, if that is so. */
  readonly error: PacketboatError | undefined;
}

/** How often it is looked whether another page, which ships, has got receipts. */
const othersMs = 1_000;

const encoder = new TextEncoder();

/**
 * Appends records to one stream, in order, each once, also over the end of this program: what was published is on this
 * machine's disk first, and is shipped from there by whichever life of the program has a connection (P2).
 *
 * `publish` needs no server. It settles when the record is durable *here*; {@linkcode acknowledged} and
 * {@linkcode flush} tell when the server has it.
 *
 * A refusal that is final (`closed`, `staleEpoch`, `wrongStore` …) ends the shipping: `done` rejects with it, as do those
 * who wait for receipts. Nothing is lost by it: `publish` goes on storing, and the spool keeps everything.
 *
 * @example
 * ```ts
 * import { nodeWorld } from '@packetboat/core/node';
 * import { openSpool } from '@packetboat/engine-sqlite';
 *
 * const stream = 'log/paul';
 * const spool = await openSpool({
 *   folder: `${import.meta.dirname}/spool`,
 *   role: 'agent',
 *   stream,
 *   world: nodeWorld,
 *   bytesMax: 50_000_000,
 *   whenFull: 'block',
 * });
 * const outbox = await client.outbox(stream, { spool, create: true });
 *
 * const number = await outbox.publish('left the harbour'); // on our disk: a crash cannot take it back
 * await outbox.acknowledged(number); // and now on the server's
 * await outbox.close();
 * ```
 */
export class Outbox {
  /** Settles when the outbox is closed; rejects with the reason when the shipping has ended for good before. */
  readonly done: Promise<void>;
  readonly #stream: string;
  readonly #options: OutboxOptions;
  readonly #client: ShipperClient;
  readonly #world: World;
  readonly #limits: Limits;
  readonly #json: boolean;
  readonly #opened = Promise.withResolvers<void>();
  readonly #stopping = new AbortController();
  readonly #progress = new Gate();
  /** Those who wait for the receipt of a record, by its number. */
  readonly #waiting = new Map<number, PromiseWithResolvers<Receipt | undefined>>();
  /** Every record before this one is acknowledged. */
  #acknowledgedTo = 0;
  #shipper: Shipper | undefined;
  #error: PacketboatError | undefined;

  /** Made by `client.outbox`, which waits for {@linkcode opened}. */
  constructor(client: ShipperClient, world: World, stream: string, options: OutboxOptions, limits?: Limits) {
    this.#client = client;
    this.#world = world;
    this.#stream = stream;
    this.#options = options;
    this.#limits = limits ?? defaultLimits;
    this.#json = options.contentType !== undefined && isJson(options.contentType);
    this.#opened.promise.catch(() => undefined);
    this.done = this.#run().then(
      () => this.#end(new PacketboatError('aborted', 'The outbox was closed')),
      (error: PacketboatError) => {
        this.#opened.reject(error);
        this.#end(error);
        throw error;
      },
    );
    // Whoever does not watch it is told by all who wait.
    this.done.catch(() => undefined);
  }

  /** Settles when the spool was looked into. */
  opened(): Promise<void> {
    return this.#opened.promise;
  }

  /**
   * Stores one record in the spool; settles with its number once a crash or power cut cannot take it back. Numbers count
   * all records ever published through this spool, from 0.
   *
   * Rejects with `spoolFull` and `diskFull` (let it ship, then publish again), `tooLarge`, `badRequest` for what is
   * neither bytes nor text and for a time that is no bigint of 64 bits, `badJson` when the outbox was opened for
   * `application/json`, and `aborted` after `close`. The record is
   * not stored then.
   */
  async publish(data: Uint8Array | string, options: PublishOptions = {}): Promise<number> {
    const bytes = typeof data === 'string' ? encoder.encode(data) : data;
    const record = { timeNs: options.timeNs ?? this.#world.clock.wallNs(), bytes };
    const objection = recordObjection(record);
    if (objection !== undefined) throw objection;
    this.#checkJson(record);
    return this.#options.spool.put([record]);
  }

  /**
   * Settles when the server has the record with this number: with the receipt of its batch, or `undefined` when it came in
   * an earlier life of the program or in another page.
   *
   * Rejects with `spoolFull` or `damaged` when the record was lost before it was sent, and the stream holds a gap in its
   * place (P6); with the reason when shipping has ended; with `aborted` after `close` and by `signal`.
   */
  acknowledged(number: number, signal?: AbortSignal): Promise<Receipt | undefined> {
    if (number < this.#acknowledgedTo) return Promise.resolve(undefined);
    if (this.#error !== undefined) return Promise.reject(this.#error);
    let waiting = this.#waiting.get(number);
    if (waiting === undefined) {
      waiting = Promise.withResolvers();
      this.#waiting.set(number, waiting);
    }
    return orAborted(waiting.promise, signal);
  }

  /** Settles when the server has all that was published before; rejects when shipping has ended, and by `signal`. */
  async flush(signal?: AbortSignal): Promise<void> {
    const { produced } = await this.#options.spool.status();
    while (this.#acknowledgedTo < produced) await orAborted(this.#progress.wait(), signal);
  }

  /** What waits, how much was acknowledged and lost, and whether it is being shipped. */
  async status(): Promise<OutboxStatus> {
    const status = await this.#options.spool.status();
    // The spool forgets a little after we are told.
    const acknowledged = Math.max(status.acknowledged, this.#acknowledgedTo);
    const waiting = status.produced - acknowledged;
    const shipping = this.#shipper !== undefined && this.#error === undefined;
    return { ...status, acknowledged, waiting, shipping, error: this.#error };
  }

  /**
   * Stops shipping, waits a little for the receipts on their way, and closes the spool: it keeps what has none, for the next
   * life. Call `flush` first to wait for everything.
   */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#shipper?.stop();
    await this.done.catch(() => undefined);
    await this.#options.spool.close();
  }

  /** As `close()`, for `await using outbox = await client.outbox(…)`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(): Promise<void> {
    const { spool, onAcknowledged, ...rest } = this.#options;
    const { stream } = await spool.status();
    if (stream !== this.#stream) {
      throw new PacketboatError('badRequest', `The spool feeds the stream ${stream}, not ${this.#stream}`);
    }
    this.#opened.resolve();
    if (!(await this.#claim())) return;
    await this.#look();
    this.#shipper = shipSpool({
      ...rest,
      stream,
      spool,
      client: this.#client,
      world: this.#world,
      limits: this.#limits,
      onAcknowledged: async (batch) => {
        this.#acknowledge(batch);
        await onAcknowledged?.(batch);
      },
    });
    if (this.#stopping.signal.aborted) await this.#shipper.stop();
    await this.#shipper.done;
  }

  /** Waits until nobody else ships from the spool, and looks meanwhile how far they are; false when a close comes first. */
  async #claim(): Promise<boolean> {
    const { spool } = this.#options;
    const { signal } = this.#stopping;
    if (spool.claim === undefined) return !signal.aborted;
    const claim = { pending: true };
    const claimed = spool.claim(signal).finally(() => {
      claim.pending = false;
    });
    claimed.catch(() => undefined);
    while (claim.pending) {
      await this.#look();
      const woken = Promise.withResolvers<void>();
      const timer = this.#world.timers.after(othersMs, woken.resolve);
      await Promise.race([claimed.catch(() => undefined), woken.promise]);
      timer.cancel();
    }
    try {
      await claimed;
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  /** What the spool says is acknowledged: by others, or in an earlier life. */
  async #look(): Promise<void> {
    const { acknowledged } = await this.#options.spool.status();
    for (const [number, waiting] of this.#waiting) {
      if (number >= acknowledged) continue;
      this.#waiting.delete(number);
      waiting.resolve(undefined);
    }
    this.#acknowledgedTo = Math.max(this.#acknowledgedTo, acknowledged);
    this.#progress.open();
  }

  /** Batches come in the order of the records in them. */
  #acknowledge({ gap, records, receipt }: AcknowledgedBatch): void {
    for (const record of records) {
      if (gap) this.#lost(gapOf(record));
      else this.#settle(this.#acknowledgedTo++, receipt);
    }
    this.#progress.open();
  }

  #settle(number: number, receipt: Receipt): void {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return;
    this.#waiting.delete(number);
    waiting.resolve(receipt);
  }

  #lost({ to, reason }: { readonly to: number; readonly reason: string }): void {
    for (const [number, waiting] of this.#waiting) {
      if (number > to) continue;
      this.#waiting.delete(number);
      const why = `Record ${number} was lost before it was sent (${reason}); the stream holds a gap in its place`;
      waiting.reject(new PacketboatError(reason === 'damaged' ? 'damaged' : 'spoolFull', why));
    }
    this.#acknowledgedTo = to + 1;
  }

  /** A record that the server refuses for good would block all behind it: it must not get into the spool. */
  #checkJson(record: RecordInput): void {
    if (!this.#json) return;
    const { crc32 } = this.#world;
    checkJsonRecords(openBatch(sealBatch({ records: [record] }, crc32), 0, crc32, this.#limits), this.#limits);
  }

  #end(error: PacketboatError): void {
    this.#error = error;
    this.#progress.fail(error);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
