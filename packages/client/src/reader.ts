import { PacketboatError } from '@packetboat/core';
import { onAbort } from './abort.ts';
import type { Arrival, EndReason } from './arrivals.ts';
import { checksumAt } from './chain.ts';
import type { Connection } from './connection.ts';
import { type ReadRecord, segmentRecords, toldGap } from './read_record.ts';
import { startingPoint } from './starting_point.ts';
import { Subscription } from './subscription.ts';

/** Options of {@linkcode Reader}. */
export interface ReadOptions {
  /**
   * `start`: the first record; what retention removed is told as a gap. `now`: only what comes from now on.
   * `cursor`: where the cursor stands, or the start. A number: that offset.
   * @default 'cursor' when there is one, else 'start'
   */
  readonly from?: 'start' | 'now' | 'cursor' | number;
  /** Name of the durable cursor that {@linkcode Reader.commit} moves. @default none */
  readonly cursor?: string;
  /** Ends the reading: the loop throws `aborted`. */
  readonly signal?: AbortSignal;
  /** End when everything that existed at the beginning was read, instead of waiting for more. @default false */
  readonly untilCaughtUp?: boolean;
  /** Bytes that may be on their way or wait for the loop; what is beyond waits in the log. @default 2_097_152 */
  readonly creditBytes?: number;
}

/** How far a reader has come. */
export interface Position {
  /** Offset of the next record. */
  readonly offset: number;
  /**
   * CRC-32 over the payloads of all records before it (P5), to be compared with what the server says of the
   * stream. `undefined` when it cannot be known yet: before the first record of a reader that began in the middle.
   */
  readonly checksum: number | undefined;
}

const creditBytesDefault = 2_097_152;

/**
 * Reads one stream, from anywhere, and goes on by itself after every cut from the exact record it was at (P4).
 *
 * All that arrives is checked (P5): each batch's CRC, that each segment continues the last, and the
 * running checksum. What is not whole is never skipped: the loop throws `checksumMismatch` after the last good record.
 * What is known to be lost appears as a record with `gap` (P6).
 *
 * The loop ends when the stream was closed and read to its end, when it was deleted, or when it is caught up, if asked
 * for; {@linkcode Reader.ended} says which. Leaving the loop ends the reading. One loop at a time, once.
 *
 * A record reaches your code *at least* once: after a crash you get again what you had not committed. "Exactly
 * once" needs your effect and your cursor to be stored together; `record.offset` is the key to do that with.
 *
 * @example
 * ```ts
 * const reader = client.read('sensors/paul', { cursor: 'printer' });
 * for await (const record of reader) {
 *   if (record.gap) console.log(`${record.gap.count} records are lost: ${record.gap.reason}`);
 *   else console.log(record.offset, new TextDecoder().decode(record.bytes));
 *   await reader.commit();
 * }
 * ```
 */
export class Reader implements AsyncIterable<ReadRecord> {
  readonly #connection: Connection;
  readonly #subscription: Subscription;
  readonly #forgetSignal: () => void;
  #ended: EndReason | undefined;
  /** You want no more, by `close()` or the signal. */
  #stopped = false;
  /** What the user has, and how many records of it. */
  #current: { readonly arrival: Arrival; readonly records: readonly ReadRecord[]; taken: number } | undefined;

  /** Made by `client.read`. */
  constructor(connection: Connection, stream: string, options: ReadOptions = {}) {
    const { cursor, signal, untilCaughtUp = false, creditBytes = creditBytesDefault } = options;
    const from = startingPoint(options.from ?? (cursor === undefined ? 'start' : 'cursor'), cursor);
    if (!Number.isSafeInteger(creditBytes) || creditBytes < 1) {
      throw new PacketboatError('badRequest', `creditBytes is ${creditBytes}, not an integer over 0`);
    }
    this.#connection = connection;
    this.#subscription = new Subscription(connection, { stream, from, cursor, creditBytes, untilCaughtUp });
    this.#forgetSignal = onAbort(signal, (error) => this.#stop(error));
  }

  /** Settles when the server has answered: from then on nothing is missed, also with `from: 'now'`. */
  get opened(): Promise<void> {
    return this.#subscription.opened;
  }

  /** Why the loop ended: `stopped` is you. `undefined` while it goes on. */
  get ended(): EndReason | undefined {
    return this.#ended;
  }

  /** How far the loop has come, or `undefined` before the server has said where the reading begins. */
  get position(): Position | undefined {
    const offset = this.#offset;
    return offset === undefined ? undefined : { offset, checksum: this.#checksumAt(offset) };
  }

  /**
   * Moves the durable cursor: everything before `offset` is done with, also for a later reader of this name.
   * Also after the loop has ended. Commits that are asked for while one is on its way become one.
   *
   * Rejects with `cursorRegressed`, `cursorAhead`, or `badRequest` without a cursor. What the server cannot do now
   * (`busy`, `diskFull`) it is asked again.
   *
   * @param offset @default behind the record that the loop has now
   */
  async commit(offset?: number): Promise<void> {
    await this.#subscription.commit(offset ?? this.#offset ?? 0);
  }

  /** The records, as they arrived, many at a time: the fast path. Payloads are views, and stay valid. */
  async *batches(): AsyncGenerator<readonly ReadRecord[], void, undefined> {
    for await (const current of this.#arrivals()) {
      current.taken = current.records.length;
      if (current.records.length > 0) yield current.records;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReadRecord, void, undefined> {
    for await (const current of this.#arrivals()) {
      for (const record of current.records) {
        if (this.#stopped) break;
        current.taken += 1;
        yield record;
      }
    }
  }

  /** Ends the reading: a loop that waits ends too. */
  close(): void {
    this.#forgetSignal();
    this.#stop();
  }

  #stop(error?: PacketboatError): void {
    this.#stopped = true;
    this.#subscription.stop(error);
  }

  get #offset(): number | undefined {
    const current = this.#current;
    if (current === undefined) return this.#subscription.start;
    if (current.arrival.kind === 'gap') return current.arrival.gap.to + 1;
    const { base, skip } = current.arrival.segment;
    return base + skip + current.taken;
  }

  #checksumAt(offset: number): number | undefined {
    const arrival = this.#current?.arrival;
    if (arrival?.kind !== 'segment') return offset === 0 ? 0 : undefined;
    const { base, batches, checksumBefore } = arrival.segment;
    return checksumAt(batches, offset - base, checksumBefore, this.#connection.options.world.crc32);
  }

  async *#arrivals(): AsyncGenerator<{ readonly records: readonly ReadRecord[]; taken: number }, void, undefined> {
    try {
      for (;;) {
        const arrival = await this.#subscription.next();
        if (arrival === undefined) {
          this.#ended = this.#subscription.ended;
          return;
        }
        const records = arrival.kind === 'gap' ? [toldGap(arrival.gap)] : segmentRecords(arrival.segment);
        const current = { arrival, records, taken: 0 };
        this.#current = current;
        yield current;
        this.#subscription.done(arrival);
      }
    } finally {
      this.#ended ??= 'stopped';
      this.close();
    }
  }
}
