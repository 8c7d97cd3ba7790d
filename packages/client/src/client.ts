import { type CallOptions, Calls } from './calls.ts';
import { Channel } from './channel.ts';
import type { ChannelOptions } from './channel_options.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { Cursors } from './cursors.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import { Producer, type ProducerOptions } from './producer.ts';
import { type ReadOptions, Reader } from './reader.ts';
import { Sequence, type SequenceOptions } from './sequence.ts';
import type { Status } from './status.ts';
import { Streams } from './streams.ts';

/**
 * A connection to a Packetboat server that comes back by itself, for ever, and everything that can be done over it.
 * Made by `connect`.
 */
export class Client {
  /** Create, look at, trim, close and delete streams. */
  readonly streams: Streams;
  /** Look at and forget durable cursors. */
  readonly cursors: Cursors;
  readonly #calls: Calls;
  readonly #connection: Connection;

  /** @param options What `connect` has resolved. */
  constructor(options: Omit<ConnectionOptions, 'calls'>) {
    this.#calls = new Calls(options.world, options.limits);
    this.#connection = new Connection({ ...options, calls: this.#calls });
    this.streams = new Streams(this.#calls);
    this.cursors = new Cursors(this.#calls);
  }

  /** Where the connection stands now. */
  get status(): Status {
    return this.#connection.status;
  }

  /** Makes the first attempt; settles when the server has let us in. Called once, by `connect`. */
  async open(): Promise<void> {
    await this.#connection.open();
    await this.#connection.opened;
  }

  /**
   * Opens a producer: appends records to `stream`, in order, each once. Waits for the server, as long as it takes.
   * Rejects with the final refusal: `notFound`, `closed`, `contentTypeMismatch`, `staleEpoch` …
   */
  async producer(stream: string, options?: ProducerOptions): Promise<Producer> {
    const producer = new Producer(this.#connection, stream, options);
    await producer.opened();
    return producer;
  }

  /**
   * Opens an outbox: appends records to `stream` from a spool on this machine's own disk, so that what is published
   * survives this program. Needs no server to be there (see `startOffline` of `connect`). Rejects with `badRequest` when
   * the spool feeds another stream, and with what the spool fails with.
   */
  async outbox(stream: string, options: OutboxOptions): Promise<Outbox> {
    const { world, limits } = this.#connection.options;
    const outbox = new Outbox(this, world, stream, options, limits);
    await outbox.opened();
    return outbox;
  }

  /** Opens a channel for batches that are sealed already: what a spool's shipper uses. Rejects as `producer` does. */
  async channel(stream: string, options: ChannelOptions): Promise<Channel> {
    const channel = new Channel(this.#connection, stream, options);
    await channel.opened;
    return channel;
  }

  /**
   * Reads a stream. The reading begins at once; refusals (`notFound`, `gone`, `offsetOutOfRange` …) are thrown by the loop.
   *
   * @throws {PacketboatError} `badRequest` for options that make no sense.
   */
  read(stream: string, options?: ReadOptions): Reader {
    return new Reader(this.#connection, stream, options);
  }

  /**
   * Begins a verifiable sequence of numbers made by the server, or goes on in the session's. Refusals (`badRequest` for
   * numbers that no server takes, `exists`, `expired` …) are thrown by the loop.
   *
   * @throws {PacketboatError} `badRequest` for options that make no sense, `limitReached` while the session has another.
   */
  sequence(options: SequenceOptions = {}): Sequence {
    return new Sequence(this.#connection, options);
  }

  /**
   * Calls one of the server's methods; `streams` and `cursors` are the typed way. Waits for a connection, and survives
   * cuts: it takes effect once. Only after an outage of minutes it is rejected with `unreachable`, unless it only reads:
   * whether it took effect is then not known.
   */
  call(method: string, params: unknown, options?: CallOptions): Promise<unknown> {
    return this.#calls.call(method, params, options);
  }

  /**
   * Ends the session, and with it all producers, readers and calls: what is not acknowledged is rejected with
   * `aborted`. Close producers first to wait for their receipts. Settles when the socket is closed.
   */
  close(): Promise<void> {
    return this.#connection.close();
  }

  /** As `close()`, for `await using client = await connect(url)`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
