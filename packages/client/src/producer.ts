import {
  type Durability,
  hex,
  PacketboatError,
  quoted,
  type RecordInput,
  sealBatch,
  sealedBytes,
  type World,
} from '@packetboat/core';
import { orAborted } from './abort.ts';
import { Batcher } from './batcher.ts';
import { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import { Gate } from './gate.ts';
import type { Receipt } from './receipt.ts';
import { recordObjection } from './record_objection.ts';

/** Options of {@linkcode Producer}. */
export interface ProducerOptions {
  /**
   * Who appends. A program that comes back should keep its id: streams remember every producer, for ever, and
   * a limited number of them (P2). @default 32 random hexadecimal digits
   */
  readonly id?: string;
  /** Which life of the producer this is: a newer one fences the older (I6). @default the producer's next epoch */
  readonly epoch?: number;
  /** Create the stream if its name was never used. @default false */
  readonly create?: boolean;
  /** What the stream holds; another type is refused. @default whatever it holds */
  readonly contentType?: string;
  /** Refuse receipts that are weaker than this (P1). @default whatever the store reaches */
  readonly durability?: Durability;
  /** Bytes of records that may wait for the window; beyond it `publish` rejects with `queueFull`. @default 8_388_608 */
  readonly queueBytesMax?: number;
  /**
   * Told when the server refuses for the moment (`diskFull`, `busy`, `stopping`). It is tried again by itself; until
   * then nothing is acknowledged. @default nobody
   */
  readonly onRefused?: (reason: PacketboatError, retryInMs: number) => void;
  /** Gives up the producer: what is not acknowledged is rejected with `aborted`. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode Producer.publish}. */
export interface PublishOptions {
  /** The record's time, nanoseconds since the Unix epoch. @default now; what is published in one turn shares it */
  readonly timeNs?: bigint;
}

/** What a producer may have waiting for the window unless told otherwise. */
const queueBytesMaxDefault = 8_388_608;

const encoder = new TextEncoder();

/**
 * Appends records to one stream, in order, each once.
 *
 * What is published in one turn is sealed into one batch and leaves at once. While a quarter of the window's
 * batches are on their way, records gather and leave as larger batches when a receipt comes: few records have the
 * shortest latency, many the best throughput, and no timer is involved.
 *
 * "Once" is the effect in the stream (P2): after a cut or a server's restart the producer sends what has
 * no receipt again, bit-identical, and the server stores it once. What this program had not had acknowledged
 * when it was killed is *not* known to its next life; a program that must not lose it keeps a spool.
 *
 * @example
 * ```ts
 * const producer = await client.producer('sensors/paul', { id: 'paul', create: true });
 * const receipt = await producer.publish('paul 2.0 64.5 1612091235112730000\n');
 *
 * for (const line of manyLines) {
 *   await producer.ready(); // waits while the queue is full
 *   producer.publish(line); // its batch's receipt is awaited by flush()
 * }
 * await producer.flush();
 * await producer.close();
 * ```
 */
export class Producer {
  readonly #id: string;
  readonly #idBytes: number;
  readonly #channel: Channel;
  readonly #world: World;
  readonly #queueBytesMax: number;
  readonly #batcher: Batcher;
  readonly #room = new Gate();
  #sequence = 0;
  #pumpScheduled = false;
  /** The time of what is published in this turn: asking the clock for each record would cost more than the record. */
  #turnNs: bigint | undefined;
  #closed = false;
  /** The newest batch that was sent or dropped: when it settles, all before it have. */
  #lastTaken: Promise<unknown> = Promise.resolve();

  /** Made by `client.producer`, which waits for {@linkcode opened}. */
  constructor(connection: Connection, stream: string, options: ProducerOptions = {}) {
    const { id, queueBytesMax = queueBytesMaxDefault, ...rest } = options;
    this.#world = connection.options.world;
    this.#id = id ?? hex(this.#world.random.bytes(16));
    this.#queueBytesMax = queueBytesMax;
    this.#idBytes = encoder.encode(this.#id).length;
    this.#batcher = new Batcher(this.#idBytes);
    this.#channel = new Channel(connection, stream, { ...rest, producer: this.#id });
  }

  /** Settles when the server has taken the producer for the first time. */
  async opened(): Promise<void> {
    await this.#channel.opened;
    this.#sequence = this.#channel.position.sequence;
  }

  get id(): string {
    return this.#id;
  }

  /** Which life of the producer this is. */
  get epoch(): number {
    return this.#channel.position.epoch;
  }

  /**
   * Appends one record. Settles with the receipt of its batch, which all records of the batch share.
   *
   * The bytes are not copied at once: leave them unchanged until the promise settles. Rejects with `queueFull` when
   * too much waits (see {@linkcode ready}), `tooLarge` beyond the server's limit, `badRequest` for what is neither bytes
   * nor text and for a time that is no bigint of 64 bits (nothing else is lost then), and with the final error when
   * the producer is closed or the server refuses it; the rejection of a batch that was taken is also told by
   * {@linkcode flush}, so a program need not look at every promise.
   */
  publish(data: Uint8Array | string, options?: PublishOptions): Promise<Receipt> {
    const bytes = typeof data === 'string' ? encoder.encode(data) : data;
    const { limits } = this.#channel;
    const timeNs = options?.timeNs ?? (this.#turnNs ??= this.#world.clock.wallNs());
    const record = { timeNs, bytes };
    const objection = this.#objection(record);
    if (objection !== undefined) return Promise.reject(objection);
    const target = Math.min(limits.batchBytesTarget, limits.batchBytesMax, this.#channel.pieceBytes);
    const receipt = this.#batcher.add(record, target, limits);
    if (!this.#pumpScheduled) {
      this.#pumpScheduled = true;
      queueMicrotask(() => this.#pump());
    } else if (this.#batcher.length > 1) this.#send();
    return receipt;
  }

  /** Settles when half of the queue or more is free; rejects when the producer is over. */
  async ready(signal?: AbortSignal): Promise<void> {
    while (!this.#hasRoom || this.#closed) {
      await orAborted(this.#room.wait(), signal);
    }
    if (this.#channel.error !== undefined) throw this.#channel.error;
  }

  /** Settles when all that was published before has its receipt; rejects when some of it never will. */
  async flush(signal?: AbortSignal): Promise<void> {
    await orAborted(this.#batcher.last?.settled.promise ?? this.#lastTaken, signal);
  }

  /** Takes no more, waits for the receipts of what was published, and gives the producer back. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#room.fail(closedError());
    await this.flush();
    await this.#channel.close();
  }

  get #hasRoom(): boolean {
    return this.#batcher.queuedBytes * 2 <= this.#queueBytesMax;
  }

  #objection(record: RecordInput): PacketboatError | undefined {
    const { recordBytesMax, batchBytesMax } = this.#channel.limits;
    if (this.#channel.error !== undefined) return this.#channel.error;
    if (this.#closed) return closedError();
    const unfit = recordObjection(record);
    if (unfit !== undefined) return unfit;
    const { length } = record.bytes;
    const bytesMax = Math.min(recordBytesMax, batchBytesMax - sealedBytes(this.#idBytes, 1, 0));
    if (length > bytesMax) {
      return new PacketboatError('tooLarge', `Record of ${length} bytes is over the limit of ${bytesMax}`);
    }
    if (this.#batcher.queuedBytes >= this.#queueBytesMax) {
      const message = `Producer ${quoted(this.#id)} has ${this.#batcher.queuedBytes} bytes waiting: wait until it is ready`;
      return new PacketboatError('queueFull', message);
    }
    return undefined;
  }

  #pump(): void {
    this.#pumpScheduled = false;
    this.#turnNs = undefined;
    this.#send();
  }

  /** Sends full batches while the window has room; the last one, which may still grow, only while little is on its way. */
  #send(): void {
    const channel = this.#channel;
    if (channel.error !== undefined) return this.#fail(channel.error);
    const eagerMax = Math.max(1, Math.trunc(channel.limits.windowBatchesMax / 4));
    while (channel.hasRoom && this.#batcher.length > 0) {
      const mayGrow = this.#batcher.length === 1;
      if (mayGrow && (this.#pumpScheduled || channel.inFlight >= eagerMax)) break;
      this.#sendOldest();
    }
    if (this.#hasRoom) this.#room.open();
  }

  #sendOldest(): void {
    const gathering = this.#batcher.take();
    if (gathering === undefined) return;
    const sequence = this.#sequence++;
    const producer = { id: this.#id, epoch: this.epoch, sequence };
    this.#lastTaken = gathering.settled.promise;
    const { records } = gathering;
    Promise.try(() => this.#channel.send(sealBatch({ records, producer }, this.#world.crc32), sequence)).then(
      (receipt) => {
        gathering.settled.resolve(receipt);
        this.#send();
      },
      (error: PacketboatError) => {
        gathering.settled.reject(error);
        this.#fail(error);
      },
    );
  }

  /** A batch will never be stored: nothing after it may be (P3). */
  #fail(error: PacketboatError): void {
    this.#channel.over(error);
    this.#room.fail(error);
    for (let waiting = this.#batcher.take(); waiting !== undefined; waiting = this.#batcher.take()) {
      this.#lastTaken = waiting.settled.promise;
      waiting.settled.reject(error);
    }
  }
}

function closedError(): PacketboatError {
  return new PacketboatError('aborted', 'The producer was closed');
}
