import {
  ClientSequence,
  type PacketboatError,
  type SequenceMessage,
  type SequenceNumber,
  type SequenceResult,
  type SequenceWish,
} from '@packetboat/core';
import { checkMessage } from './check_message.ts';
import type { Connection } from './connection.ts';
import { Gate } from './gate.ts';
import type { Link } from './link.ts';
import type { Listener } from './participant.ts';
import { Retry } from './retry.ts';
import { wireError } from './wire_error.ts';

/** Numbers that may wait to be taken (P7): what comes on top is asked for again. */
const waitingMax = 1_024;

/** The receiving side of a sequence on a connection: asks on every link for what comes next, and keeps what was not taken. */
export class SequenceReceiver implements Listener<SequenceMessage> {
  readonly #connection: Connection;
  readonly #sequence: ClientSequence;
  readonly #retry: Retry;
  readonly #arrived = new Gate();
  readonly #result = Promise.withResolvers<SequenceResult>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #waiting: SequenceNumber[] = [];
  #link: Link | undefined;
  #isFull = false;
  #error: PacketboatError | undefined;

  /** @param received Numbers that an earlier life has. */
  constructor(connection: Connection, wish: SequenceWish, received: Iterable<number>) {
    const { world, backoff, limits } = connection.options;
    this.#connection = connection;
    this.#retry = new Retry(world, backoff);
    this.#sequence = new ClientSequence(wish, world.crc32);
    for (const value of received) this.#sequence.remember(value);
    this.#result.promise.catch(() => undefined);
    checkMessage(this.#sequence.say(), limits);
    connection.addSequence(this);
  }

  /** How many numbers there will be, once that is known. */
  get n(): number | undefined {
    return this.#sequence.n;
  }

  get result(): Promise<SequenceResult> {
    return this.#result.promise;
  }

  /** Settles when the server has forgotten the sequence, or cannot be asked any more. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Settles with the next number, or `undefined` after the last. Rejects after the last that came. */
  async next(): Promise<SequenceNumber | undefined> {
    for (;;) {
      const number = this.#waiting.shift();
      if (number !== undefined) return number;
      if (this.#error !== undefined) throw this.#error;
      if (this.#sequence.result !== undefined) return undefined;
      if (this.#isFull) this.#say();
      await this.#arrived.wait();
    }
  }

  /** Nobody wants the rest: the server is told to forget it. */
  stop(error: PacketboatError): void {
    if (this.#error !== undefined || this.#sequence.result !== undefined) return;
    this.#waiting.length = 0;
    this.#sequence.abandon();
    this.#fail(error);
    this.#say();
  }

  up(link: Link): void {
    this.#link = link;
    if (!this.#isFull) this.#say();
  }

  down(): void {
    this.#link = undefined;
    this.#retry.cancel();
  }

  over(error: PacketboatError): void {
    this.down();
    this.#fail(error);
    this.#ended.resolve();
  }

  heard(message: SequenceMessage): void {
    if (message.type === 'sequenceRefused') return this.#refused(wireError(message));
    const number = this.#sequence.heard(message);
    if (number !== undefined) this.#take(number);
    if (message.type === 'sequenceBegun') this.#retry.reset();
    const { result, ended } = this.#sequence;
    if (message.type === 'sum' && result !== undefined) {
      this.#result.resolve(result);
      this.#arrived.open();
      this.#say();
    }
    if (ended) this.#leave();
  }

  #take(number: SequenceNumber): void {
    this.#waiting.push(number);
    this.#arrived.open();
    if (this.#waiting.length < waitingMax) return;
    this.#isFull = true;
    this.#sequence.pause();
  }

  #say(): void {
    this.#isFull = false;
    this.#link?.send(this.#sequence.say());
  }

  #refused(error: PacketboatError): void {
    if (error.row.retryable) return void this.#retry.later(() => this.#say(), error.retryAfterMs);
    this.#fail(error);
    this.#leave();
  }

  #fail(error: PacketboatError): void {
    this.#error ??= error;
    this.#result.reject(this.#error);
    this.#arrived.open();
  }

  #leave(): void {
    this.#connection.removeSequence();
    this.#ended.resolve();
  }
}
