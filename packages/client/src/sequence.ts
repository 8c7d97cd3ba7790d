import { PacketboatError, type SequenceAlgorithm, type SequenceNumber, type SequenceResult } from '@packetboat/core';
import { onAbort } from './abort.ts';
import type { Connection } from './connection.ts';
import { SequenceReceiver } from './sequence_receiver.ts';

/** Options of {@linkcode Sequence}. */
export interface SequenceOptions {
  /** How many numbers. @default drawn by the server from 1 … 65,535 */
  readonly n?: number;
  /** Time from one number to the next. @default 1_000 */
  readonly tickMs?: number;
  /** How the checksums are made. @default 'crc-32' */
  readonly algorithm?: SequenceAlgorithm;
  /**
   * The first numbers, in order, that an earlier life of this program received in the same session: the sequence goes on
   * after them. @default none
   */
  readonly received?: Iterable<number>;
  /** Gives the sequence up: the loop throws `aborted`. */
  readonly signal?: AbortSignal;
}

/**
 * A sequence of numbers that the server makes, one per tick, each exactly once and in order whatever happens to the link:
 * the test of a link that you run yourself. At the end both sides compare their checksums.
 *
 * One loop at a time, once. Leaving it gives the sequence up. A session has one sequence at a time, and a sequence ends
 * with its session: after an absence longer than the window the loop throws `expired`.
 *
 * @example
 * ```ts
 * const sequence = client.sequence({ n: 20, tickMs: 50 });
 * for await (const { index, value } of sequence) console.log(index, value);
 * const { local, server, equal } = await sequence.result;
 * ```
 */
export class Sequence implements AsyncIterable<SequenceNumber> {
  readonly #receiver: SequenceReceiver;
  readonly #forgetSignal: () => void;

  /** Made by `client.sequence`. */
  constructor(connection: Connection, { n, tickMs, algorithm = 'crc-32', received = [], signal }: SequenceOptions) {
    this.#receiver = new SequenceReceiver(connection, { n, tickMs, algorithm }, received);
    this.#forgetSignal = onAbort(signal, (error) => this.#receiver.stop(error));
  }

  /** How many numbers there will be; `undefined` until the server has said it. */
  get n(): number | undefined {
    return this.#receiver.n;
  }

  /** Settles with both checksums when the last number came. Rejects as the loop does, and when it was left. */
  get result(): Promise<SequenceResult> {
    return this.#receiver.result;
  }

  /** Settles when the server has forgotten the sequence: the session may then have another. */
  get ended(): Promise<void> {
    return this.#receiver.ended;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SequenceNumber, void, undefined> {
    try {
      for (;;) {
        const number = await this.#receiver.next();
        if (number === undefined) return;
        yield number;
      }
    } finally {
      this.#forgetSignal();
      this.#receiver.stop(new PacketboatError('aborted', 'The sequence was given up'));
    }
  }
}
