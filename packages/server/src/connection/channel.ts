import {
  type AppendOutcome,
  type Batch,
  checkJsonRecords,
  isJson,
  PacketboatError,
  type Proof,
  type ServerMessage,
} from '@packetboat/core';
import { asPacketboatError } from '../as_packetboat_error.ts';
import type { Broker } from '../broker/broker.ts';
import type { OpenedProducer } from '../broker/open_producer.ts';

/** What a {@linkcode Channel} needs. */
export interface ChannelOptions {
  readonly broker: Broker;
  readonly number: number;
  readonly stream: string;
  readonly producer: string;
  readonly send: (message: ServerMessage) => void;
}

/** A batch that the store has, or has answered while an earlier one was still open. */
interface InFlight {
  readonly sequence: number;
  readonly crc: number;
  readonly bytes: number;
  outcome: AppendOutcome | PacketboatError | undefined;
}

interface Acknowledged {
  readonly sequence: number;
  readonly offset: number | undefined;
  readonly duplicate: boolean;
  readonly proof: Proof;
}

/**
 * One producer's way into one stream. Bounds what is in flight (P7), answers with cumulative receipts (one per
 * turn, however many batches a commit held), and takes nothing more after a refusal until it is opened anew:
 * a later batch must not be stored where an earlier one is missing (P3).
 */
export class Channel {
  readonly #options: ChannelOptions;
  #opened: OpenedProducer | undefined;
  /** Whether the stream's records are JSON values: every door checks them. */
  #json = false;
  #over = false;
  #silent = false;
  readonly #inFlight: InFlight[] = [];
  #inFlightBytes = 0;
  /** The newest acknowledgement that was not sent yet. */
  #acknowledged: Acknowledged | undefined;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  /** Nothing is heard of it any more: it was refused or replaced. */
  get silent(): boolean {
    return this.#silent;
  }

  open(opened: OpenedProducer): void {
    this.#opened = opened;
    this.#json = isJson(opened.info.contentType);
  }

  /** Hands a frame's batches to the store. */
  publish(batches: readonly Batch[]): void {
    // Batches that came before the answer to `produce` are left from an earlier life of the channel: they come again.
    if (this.#opened === undefined) return;
    for (const batch of batches) {
      if (this.#over) return;
      this.#append(batch, this.#opened);
    }
  }

  /** Takes no more; what is in flight is still decided and answered. */
  finish(): void {
    this.#over = true;
    this.#releaseIfIdle();
  }

  /** Takes no more and says no more: its number may mean another producer or epoch from now on. */
  abandon(): void {
    this.#silent = true;
    this.finish();
  }

  /** Refuses a batch, or the channel itself, and with it all that follows. */
  reject(error: PacketboatError, sequence?: number): void {
    if (this.#silent) return;
    this.#flush();
    const { number, broker, send } = this.#options;
    const { code, message, retryAfterMs } = error;
    broker.counters.refused(code);
    send({ type: 'rejected', channel: number, sequence, code, message, retryAfterMs });
    this.abandon();
  }

  #append(batch: Batch, opened: OpenedProducer): void {
    const { broker, stream } = this.#options;
    const error = this.#objection(batch, opened);
    if (error !== undefined) return this.reject(error, batch.producer?.sequence);
    const { bytes, crc } = batch;
    // Should the one before be refused, this one is too: they may be decided in one commit.
    const afterCrc = this.#inFlight.at(-1)?.crc;
    const entry: InFlight = { sequence: batch.producer?.sequence ?? 0, crc, bytes: bytes.length, outcome: undefined };
    this.#inFlight.push(entry);
    this.#inFlightBytes += entry.bytes;
    broker.append({ stream, batch, incarnation: opened.info.incarnation, afterCrc }).then(
      (outcome) => this.#settle(entry, outcome),
      (reason) => this.#settle(entry, asPacketboatError(reason)),
    );
  }

  #objection(batch: Batch, opened: OpenedProducer): PacketboatError | undefined {
    const { broker, producer } = this.#options;
    const { windowBatchesMax, windowBytesMax, frameBytesMax } = broker.limits;
    if (batch.producer?.id !== producer || batch.producer.epoch !== opened.claim.epoch) {
      return new PacketboatError('badBatch', 'The batch is not of the producer and epoch of its channel');
    }
    if (this.#inFlight.length >= windowBatchesMax) {
      return new PacketboatError('limitReached', `More than ${windowBatchesMax} batches (windowBatchesMax) in flight`);
    }
    if (this.#inFlightBytes + batch.bytes.length > windowBytesMax + frameBytesMax) {
      return new PacketboatError('limitReached', `More than ${windowBytesMax} bytes (windowBytesMax) in flight`);
    }
    return this.#json ? jsonObjection(batch, broker) : undefined;
  }

  #settle(entry: InFlight, outcome: AppendOutcome | PacketboatError): void {
    entry.outcome = outcome;
    for (let head = this.#inFlight[0]; head?.outcome !== undefined; head = this.#inFlight[0]) {
      this.#inFlight.shift();
      this.#inFlightBytes -= head.bytes;
      this.#answer(head.sequence, head.outcome);
    }
    this.#releaseIfIdle();
  }

  #answer(sequence: number, outcome: AppendOutcome | PacketboatError): void {
    if (outcome instanceof PacketboatError) return this.reject(outcome, sequence);
    if (outcome.kind === 'refused') return this.reject(new PacketboatError(outcome.code, outcome.message), sequence);
    if (this.#acknowledged === undefined) queueMicrotask(() => this.#flush());
    const { offset, proof } = outcome;
    this.#acknowledged = { sequence, offset, duplicate: outcome.kind === 'duplicate', proof };
  }

  #flush(): void {
    if (this.#acknowledged === undefined || this.#silent) return;
    const { number, broker, send } = this.#options;
    broker.counters.receiptsSent += 1;
    send({ type: 'receipt', channel: number, ...this.#acknowledged });
    this.#acknowledged = undefined;
  }

  /** The epoch stays claimed until nothing of the channel can be stored any more. */
  #releaseIfIdle(): void {
    if (this.#over && this.#inFlight.length === 0) this.#opened?.claim.release();
  }
}

function jsonObjection(batch: Batch, { limits }: Broker): PacketboatError | undefined {
  try {
    checkJsonRecords(batch, limits);
    return undefined;
  } catch (error) {
    return asPacketboatError(error);
  }
}
