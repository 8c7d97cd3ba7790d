import { type ClientMessage, encodePublish, type Limits, PacketboatError, type Proof, quoted } from '@packetboat/core';
import { onAbort, orAborted } from './abort.ts';
import { badFrame } from './bad_frame.ts';
import type { ChannelOptions } from './channel_options.ts';
import { checkMessage } from './check_message.ts';
import type { Connection } from './connection.ts';
import { Gate } from './gate.ts';
import type { Link } from './link.ts';
import type { ChannelMessage, Listener } from './participant.ts';
import { checkProof, isAsDurable, type Receipt } from './receipt.ts';
import { Retry } from './retry.ts';
import { SendWindow } from './send_window.ts';
import { wireError } from './wire_error.ts';

/**
 * A way into one stream for batches that are sealed already: what a spool's shipper uses. (Who has records uses a
 * `Producer`.)
 *
 * Batches are sent in order, many at a time (the *window*), and each is kept until its receipt is here. After a
 * cut, or a refusal that may pass (`busy`, `diskFull`, `stopping`), the channel opens again with the same
 * epoch and sends all that is unacknowledged once more, bit-identical and in order; the server answers what
 * it has with a duplicate's receipt (P2, F11).
 *
 * Any other refusal is final: the channel is over, and every batch without receipt is rejected with it. That
 * includes `wrongStore` and `incarnationMismatch`: the server behind the address has another store than the one
 * that gave our last receipt (a restored backup, an emptied folder), or the stream was created anew. Going on
 * would scatter one history over two stores without a word, so we do not: whoever means it opens a new channel,
 * which carries no proof of the old one unless it is given as `witness`.
 *
 * @example
 * ```ts
 * import { crc32, sealBatch } from '@packetboat/core';
 *
 * const channel = await client.channel('sensors/paul', { producer: 'paul', epoch: 0, create: true });
 * const { epoch, sequence } = channel.position;
 * const records = [{ timeNs: 1_612_091_235_112_730_000n, bytes: new TextEncoder().encode('hello') }];
 * const batch = sealBatch({ records, producer: { id: 'paul', epoch, sequence } }, crc32);
 *
 * await channel.ready(); // waits while the window is full
 * const receipt = await channel.send(batch, sequence);
 * await channel.close();
 * ```
 */
export class Channel implements Listener<ChannelMessage> {
  readonly #stream: string;
  readonly #options: ChannelOptions;
  readonly #connection: Connection;
  readonly #number: number;
  readonly #retry: Retry;
  readonly #opened = Promise.withResolvers<void>();
  readonly #room = new Gate();
  readonly #idle = new Gate();
  #forgetSignal = (): void => undefined;
  #limits: Limits;
  #link: Link | undefined;
  /** `asked`: `produce` was sent and not answered. */
  #phase: 'shut' | 'asked' | 'open' | 'over' = 'shut';
  #error: PacketboatError | undefined;
  #position: { readonly epoch: number; readonly sequence: number } | undefined;
  #incarnation: string | undefined;
  #proof: Proof | undefined;
  /** Sequence that the next batch must carry. */
  #next: number | undefined;
  /** What has left, in it, has left through the channel as it is open now. */
  readonly #window = new SendWindow();

  /**
   * Made by `client.channel`, which waits for {@linkcode opened}.
   *
   * @throws {PacketboatError} `badRequest` for options that make no sense.
   */
  constructor(connection: Connection, stream: string, options: ChannelOptions) {
    this.#connection = connection;
    this.#stream = stream;
    this.#options = options;
    const { world, backoff, limits } = connection.options;
    this.#limits = limits;
    this.#retry = new Retry(world, backoff);
    this.#proof = options.witness;
    this.#opened.promise.catch(() => undefined);
    this.#number = connection.nextId();
    checkMessage(this.#produceMessage(), limits);
    connection.addChannel(this.#number, this);
    this.#forgetSignal = onAbort(options.signal, (error) => this.over(error));
  }

  /** Settles when the server has taken the channel for the first time. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Epoch and sequence that the server expected when the channel was first opened. */
  get position(): { readonly epoch: number; readonly sequence: number } {
    if (this.#position === undefined) throw new PacketboatError('internal', 'The channel was never opened');
    return this.#position;
  }

  /** The newest receipt's proof: keep it, and give it as `witness` to the producer's next life. */
  get proof(): Proof | undefined {
    return this.#proof;
  }

  /** Why the channel is over, if it is. */
  get error(): PacketboatError | undefined {
    return this.#error;
  }

  /** Whether the window takes another batch. */
  get hasRoom(): boolean {
    return this.#window.hasRoom(this.#limits);
  }

  /** Batches without receipt. */
  get inFlight(): number {
    return this.#window.length;
  }

  /** The largest batch that the link would take in one piece now. */
  get pieceBytes(): number {
    return this.#link?.pieceBytes ?? this.#limits.batchBytesTarget;
  }

  /** What both sides agreed on. */
  get limits(): Limits {
    return this.#limits;
  }

  /**
   * Sends a sealed batch; settles with its receipt, in order. The bytes are not copied and must not change until then.
   *
   * Rejects with the final error when the channel is over, `queueFull` when the window has no room, `tooLarge`
   * beyond the server's limit, and `badRequest` when `sequence` is not the one after the last.
   */
  send(bytes: Uint8Array, sequence: number): Promise<Receipt> {
    const objection = this.#objection(bytes, sequence);
    if (objection !== undefined) return Promise.reject(objection);
    const receipt = this.#window.add(bytes, sequence);
    this.#next = sequence + 1;
    this.#pump();
    return receipt;
  }

  /** Settles when the window has room; rejects when the channel is over. */
  async ready(signal?: AbortSignal): Promise<void> {
    while (!this.hasRoom || this.#error !== undefined) await orAborted(this.#room.wait(), signal);
  }

  /** Waits for the receipts of what was sent, then gives the channel back. Of a channel that is over, at once. */
  async close(): Promise<void> {
    while (this.#window.length > 0) await this.#idle.wait();
    if (this.#phase !== 'over') this.over(new PacketboatError('aborted', 'The channel was closed'));
  }

  up(link: Link, limits: Limits): void {
    this.#link = link;
    this.#limits = limits;
    this.#open();
  }

  down(): void {
    this.#link = undefined;
    this.#shut();
  }

  /** Ends the channel for good: all that waits is rejected with `error`. */
  over(error: PacketboatError): void {
    if (this.#phase === 'over') return;
    this.#shut();
    this.#phase = 'over';
    this.#error = error;
    this.#link?.sendInOrder({ type: 'finish', channel: this.#number });
    this.#connection.removeChannel(this.#number);
    this.#forgetSignal();
    this.#window.fail(error);
    this.#opened.reject(error);
    this.#room.fail(error);
    this.#idle.open();
  }

  heard(message: ChannelMessage): void {
    switch (message.type) {
      case 'producing':
        return this.#producing(message);
      case 'receipt':
        return this.#receipt(message);
      case 'rejected': {
        const error = wireError(message);
        if (!error.row.retryable) return this.over(error);
        this.#shut();
        const retryInMs = this.#retry.later(() => this.#open(), error.retryAfterMs);
        this.#options.onRefused?.(error, retryInMs);
      }
    }
  }

  #objection(bytes: Uint8Array, sequence: number): PacketboatError | undefined {
    const { batchBytesMax } = this.#limits;
    if (this.#error !== undefined) return this.#error;
    if (!this.hasRoom) return new PacketboatError('queueFull', 'The window is full: wait until the channel is ready');
    if (bytes.length > batchBytesMax) {
      return new PacketboatError('tooLarge', `Batch of ${bytes.length} bytes is over the limit of ${batchBytesMax}`);
    }
    if (this.#next !== undefined && sequence !== this.#next) {
      return new PacketboatError('badRequest', `Sequence ${sequence} was sent where ${this.#next} is next`);
    }
    return undefined;
  }

  #open(): void {
    this.#phase = 'asked';
    // After the frames of an earlier opening: they must not be taken for frames of this one.
    this.#link?.sendInOrder(this.#produceMessage());
  }

  #produceMessage(): ClientMessage {
    const { producer, epoch, create, contentType, durability } = this.#options;
    const first = this.#position === undefined;
    return {
      type: 'produce',
      channel: this.#number,
      stream: this.#stream,
      producer,
      epoch: this.#position?.epoch ?? epoch,
      incarnation: this.#incarnation,
      create: first ? create : undefined,
      contentType,
      durability,
      witness: this.#proof,
    };
  }

  /** Closed until it is opened again: what was sent and not acknowledged is then sent once more. */
  #shut(): void {
    this.#retry.cancel();
    this.#phase = 'shut';
    this.#window.rewind();
  }

  #producing(message: ChannelMessage & { readonly type: 'producing' }): void {
    if (this.#phase !== 'asked') throw badFrame('it opened a channel that it was not asked for');
    if (this.#position !== undefined) {
      const objection = this.#historyObjection(message.epoch, message.sequence);
      if (objection !== undefined) return this.over(objection);
    }
    this.#position ??= { epoch: message.epoch, sequence: message.sequence };
    this.#incarnation = message.incarnation;
    this.#phase = 'open';
    this.#opened.resolve();
    this.#pump();
    if (this.hasRoom) this.#room.open();
  }

  /** Whether the server's word on where we are can be true. */
  #historyObjection(epoch: number, sequence: number): PacketboatError | undefined {
    if (epoch !== this.#position?.epoch) throw badFrame(`it answered epoch ${this.#position?.epoch} with ${epoch}`);
    if (sequence > Math.max(this.#next ?? 0, this.#position.sequence)) {
      const message = `The server has sequence ${sequence - 1} of ${quoted(this.#options.producer)}, which we never sent`;
      return new PacketboatError('sequenceReused', message);
    }
    const acknowledged = this.#window.first ?? this.#next;
    if (acknowledged !== undefined && sequence < acknowledged) {
      const message = `The server expects sequence ${sequence}, but has acknowledged ${acknowledged - 1}: it lost records`;
      return new PacketboatError('wrongStore', message);
    }
    return undefined;
  }

  #receipt(message: ChannelMessage & { readonly type: 'receipt' }): void {
    const { sequence, offset, duplicate } = message;
    const { first } = this.#window;
    // Left from before the channel was opened again: what it tells is told once more.
    if (this.#phase !== 'open' || first === undefined || sequence < first) return;
    if (!this.#window.hasSent(sequence)) throw badFrame(`it acknowledged sequence ${sequence}, which was not sent`);
    const proof = checkProof(message.proof, this.#stream, this.#incarnation);
    const demanded = this.#options.durability;
    if (demanded !== undefined && !isAsDurable(proof, demanded)) {
      const why = `The receipt says ${proof.durability}, not ${demanded}`;
      return this.over(new PacketboatError('durabilityUnavailable', why));
    }
    this.#proof = proof;
    this.#retry.reset();
    this.#window.settle({ sequence, offset, duplicate, proof });
    this.#pump();
    if (this.hasRoom) this.#room.open();
    if (this.#window.length === 0) this.#idle.open();
  }

  /** Sends what the window takes; a server that came back may have a smaller one. */
  #pump(): void {
    if (this.#phase !== 'open') return;
    const next = () => this.#window.takeNext(this.#limits);
    for (let bytes = next(); bytes !== undefined; bytes = next()) {
      this.#link?.sendFrame(encodePublish(this.#number, [bytes]));
    }
  }
}
