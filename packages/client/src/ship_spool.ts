import {
  batchRecords,
  defaultLimits,
  type Durability,
  type Limits,
  openBatch,
  PacketboatError,
  quoted,
  type Spool,
  type SpooledBatch,
  type World,
} from '@packetboat/core';
import { onAbort, orAborted } from './abort.ts';
import { Gate } from './gate.ts';
import type { Receipt } from './receipt.ts';
import { Retry } from './retry.ts';
import type { AcknowledgedBatch, Shipper, ShipperChannel, ShipperClient } from './shipper.ts';

/** How long a stop waits for receipts on their way: the spool keeps what gets none. */
const receiptsMs = 3_000;
/** How long to wait for room on the spool's own disk. */
const roomBackoff = { firstMs: 500, factor: 2, capMs: 30_000 };

/** Options of {@linkcode shipSpool}. */
export interface ShipSpoolOptions {
  /** The stream that the spool feeds. */
  readonly stream: string;
  /** Closed by the caller, after `done`. */
  readonly spool: Pick<Spool, 'unacknowledged' | 'seal' | 'acknowledge' | 'wait' | 'status'>;
  readonly client: ShipperClient;
  readonly world: World;
  /** Create the stream if its name was never used. @default false */
  readonly create?: boolean;
  /** What the stream holds; another type is refused. @default whatever it holds */
  readonly contentType?: string;
  /** Refuse receipts that are weaker than this (P1). @default whatever the store reaches */
  readonly durability?: Durability;
  /** @default defaultLimits */
  readonly limits?: Limits;
  /**
   * Told each batch once the server has it, in order, and waited for. After a kill it may be told the last
   * batches again, never too few (S0.14). @default nobody
   */
  readonly onAcknowledged?: (batch: AcknowledgedBatch) => void | Promise<void>;
  /** Told what goes wrong for the moment, each time it is tried again. @default nobody */
  readonly onProblem?: (message: string) => void;
}

/**
 * Starts a shipper: spool → channel → server. It sends what was sealed and never acknowledged first, bit-identical, then
 * seals what waits as fast as the link takes it, many batches in flight. The spool forgets a batch only when the server's
 * receipt for it is here.
 *
 * Links that break are the channel's matter: it connects again for ever and resends. What ends a shipper is a final
 * refusal: the server knows better than to take this producer's batches. Then everything stays in the
 * spool and `done` rejects with the reason.
 *
 * A server that comes back with another store (an old backup, an empty folder) expects an earlier sequence than the
 * spool's next: what it had acknowledged is gone. The shipper stops with `wrongStore` rather than continue behind a
 * hole, or scatter one history over two stores: stored once (P2) and provable (P5) hold for one history only.
 * A person brings the right store back, or begins a new history with a new spool.
 */
export function shipSpool(options: ShipSpoolOptions): Shipper {
  return new ShipperRun(options);
}

class ShipperRun implements Shipper {
  readonly done: Promise<void>;
  readonly counts = { records: 0, batches: 0, bytes: 0, duplicates: 0 };
  readonly #options: ShipSpoolOptions;
  readonly #limits: Limits;
  readonly #stopping = new AbortController();
  readonly #changed = new Gate();
  /** Sent and not yet forgotten by the spool. */
  readonly #inFlight = { batches: 0, bytes: 0 };
  /** Receipted, and not yet told and forgotten. */
  #receipted: { batch: SpooledBatch; receipt: Receipt }[] = [];
  /** Set when sending is over: what is in flight is all there will be. */
  #sent = false;
  /** Aborts when receipts still on their way are waited for no more. */
  readonly #over = new AbortController();
  #failure: unknown;
  #finished = false;

  constructor(options: ShipSpoolOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    this.done = this.#run().finally(() => {
      this.#finished = true;
      this.#changed.open();
    });
    // Whoever only stops need not watch `done`; whoever watches it still sees the rejection.
    this.done.catch(() => {});
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.done.catch(() => {});
  }

  async drained(): Promise<void> {
    while (!this.#finished) {
      const changed = this.#changed.wait();
      if ((await this.#options.spool.status()).waiting === 0) return;
      await changed;
    }
    await this.done;
    throw new PacketboatError('aborted', 'The shipper was stopped before everything was acknowledged');
  }

  async #run(): Promise<void> {
    const channel = await this.#open();
    if (channel === undefined) return;
    const failed = (error: unknown): void => this.#fail(error);
    const forgetting = this.#forget().catch(failed);
    await this.#send(channel).catch(failed);
    this.#sent = true;
    this.#changed.open();
    // Receipts on their way are waited for, but not for ever.
    const timer = this.#options.world.timers.after(receiptsMs, () => this.#giveUp());
    await forgetting;
    timer.cancel();
    await channel.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The channel, or `undefined` when a stop comes first. */
  async #open(): Promise<ShipperChannel | undefined> {
    const { client, spool, stream, create, contentType, durability, onProblem } = this.#options;
    const { producerId, epoch } = await spool.status();
    const opening = client.channel(stream, {
      producer: producerId,
      epoch,
      onRefused: ({ message }) => onProblem?.(`The server refuses, trying again: ${message}`),
      signal: this.#over.signal,
      ...(create !== undefined && { create }),
      ...(contentType !== undefined && { contentType }),
      ...(durability !== undefined && { durability }),
    });
    const channel = await this.#orStopped(opening);
    if (channel === undefined) this.#over.abort();
    return channel;
  }

  /** Sends until a stop or a failure. */
  async #send(channel: ShipperChannel): Promise<void> {
    const { spool } = this.#options;
    const { signal } = this.#stopping;
    let first = true;
    for await (const batch of spool.unacknowledged()) {
      if (!(await this.#hasRoom(channel))) return;
      if (first) this.#checkHistory(batch, channel);
      first = false;
      this.#sendOne(batch, channel);
    }
    while (await this.#hasRoom(channel)) {
      // Sealed as late as this: what was never sealed may still be degraded, and a batch is as large as it can be.
      // Never larger than the link takes at once: one that is cut more often than that would bring nothing over.
      const bytesTarget = Math.min(this.#limits.batchBytesTarget, channel.pieceBytes);
      const batch = await this.#persist(() => spool.seal(bytesTarget));
      if (batch === undefined) {
        await this.#orStopped(spool.wait(signal));
        continue;
      }
      if (first) this.#checkHistory(batch, channel);
      first = false;
      this.#checkUnused(batch, channel);
      this.#sendOne(batch, channel);
    }
  }

  /** Waits for room; false when there is nothing more to be sent. */
  async #hasRoom(channel: ShipperChannel): Promise<boolean> {
    const { signal } = this.#stopping;
    const { windowBatchesMax, windowBytesMax } = this.#limits;
    while (!signal.aborted && (this.#inFlight.batches >= windowBatchesMax || this.#inFlight.bytes >= windowBytesMax)) {
      await this.#orStopped(this.#changed.wait());
    }
    await this.#orStopped(channel.ready());
    return !signal.aborted;
  }

  /** Everything before the first batch we send was acknowledged: the server must know it. */
  #checkHistory({ sequence }: SpooledBatch, channel: ShipperChannel): void {
    const expected = channel.position.sequence;
    if (sequence <= expected) return;
    throw new PacketboatError(
      'wrongStore',
      `The server expects batch ${expected} of ${quoted(this.#options.stream)}, yet every batch before ${sequence} was acknowledged: this is another store, or an old copy of it`,
    );
  }

  /**
   * A batch sealed just now cannot be known to the server: otherwise this spool is an old copy, and the server would
   * take new records for duplicates.
   */
  #checkUnused({ sequence }: SpooledBatch, channel: ShipperChannel): void {
    const expected = channel.position.sequence;
    if (sequence >= expected) return;
    throw new PacketboatError(
      'sequenceReused',
      `The server has batches of ${quoted(this.#options.stream)} up to ${expected - 1}, the spool only up to ${sequence - 1}: it is an old copy of the spool`,
    );
  }

  #sendOne(batch: SpooledBatch, channel: ShipperChannel): void {
    this.#inFlight.batches++;
    this.#inFlight.bytes += batch.bytes.length;
    channel.send(batch.bytes, batch.sequence).then(
      (receipt) => {
        this.#receipted.push({ batch, receipt });
        this.#changed.open();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /** Tells what is receipted and lets the spool forget it, all there is at once: one sync for many batches. */
  async #forget(): Promise<void> {
    const { spool, onAcknowledged } = this.#options;
    while (true) {
      const receipted = this.#receipted;
      this.#receipted = [];
      const last = receipted.at(-1);
      if (last === undefined) {
        if (this.#over.signal.aborted || (this.#sent && this.#inFlight.batches === 0)) return;
        await this.#changed.wait();
        continue;
      }
      for (const { batch, receipt } of receipted) {
        const acknowledged = this.#describe(batch, receipt);
        await onAcknowledged?.(acknowledged);
        this.counts.records += acknowledged.count;
        this.counts.batches++;
        this.counts.bytes += batch.bytes.length;
        if (receipt.duplicate) this.counts.duplicates++;
      }
      await this.#persist(() => spool.acknowledge(last.batch.sequence));
      this.#inFlight.batches -= receipted.length;
      for (const { batch } of receipted) this.#inFlight.bytes -= batch.bytes.length;
      this.#changed.open();
    }
  }

  #describe({ bytes, sequence }: SpooledBatch, receipt: Receipt): AcknowledgedBatch {
    const batch = openBatch(bytes, 0, this.#options.world.crc32, this.#limits);
    const { count, gap } = batch;
    return { sequence, count, gap, receipt, records: { [Symbol.iterator]: () => batchRecords(batch) } };
  }

  /** Does what writes to the spool; while its disk is full, again and again: shipping on is what makes room. */
  async #persist<Value>(write: () => Promise<Value>): Promise<Value> {
    const { world, onProblem } = this.#options;
    const retry = new Retry(world, roomBackoff);
    while (true) {
      try {
        return await write();
      } catch (error) {
        const passing = error instanceof PacketboatError && error.row.retryable && !this.#over.signal.aborted;
        if (!passing) throw error;
        onProblem?.(`The spool cannot be written now, trying again: ${error.message}`);
      }
      const woken = Promise.withResolvers<void>();
      retry.later(woken.resolve);
      const forget = onAbort(this.#over.signal, () => woken.resolve());
      await woken.promise;
      forget();
      retry.cancel();
    }
  }

  /** Settles as `promise` does, or with `undefined` once sending is over; how it ends is of no interest then. */
  async #orStopped<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    const { signal } = this.#stopping;
    try {
      return await orAborted(promise, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  #fail(error: unknown): void {
    // What fails once all is given up is but its echo.
    if (!this.#over.signal.aborted) this.#failure = error;
    this.#giveUp();
  }

  #giveUp(): void {
    this.#over.abort();
    this.#stopping.abort();
    this.#changed.open();
  }
}
