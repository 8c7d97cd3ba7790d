/**
 * The shipper: spool → channel → server. It sends what was sealed and never acknowledged first, bit-identical, then
 * seals what waits as fast as the link takes it, many batches in flight (S0.26). The spool forgets a batch only
 * when the server's receipt for it is here (A0.8).
 *
 * Links that break are the channel's matter: it connects again for ever and resends. What ends a shipper is a final
 * refusal: the server knows better than to take this producer's batches. Then everything stays in the
 * spool and `done` rejects with the reason.
 *
 * A server that comes back with another store (an old backup, an empty folder) expects an earlier sequence than the
 * spool's next: what it had acknowledged is gone. The shipper stops with `wrongStore` rather than continue behind a
 * hole, or scatter one sensor over two stores: stored once (P2) and provable (P5) hold for one history only.
 * A person brings the right store back, or begins a new history by giving the sensor a new spool folder.
 */
import {
  PacketboatError,
  type Proof,
  type RecordInput,
  type Spool,
  type SpooledBatch,
  type World,
  batchRecords,
  defaultLimits,
  type Limits,
  openBatch,
} from '@packetboat/core';
import { Change } from './change.ts';
import { checkSensorName, sensorStream } from './names.ts';
import { orAborted } from './or_aborted.ts';

/** The part of the SDK's channel that is used. */
export interface ShipperChannel {
  /** What the server expects next. */
  readonly position: { readonly epoch: number; readonly sequence: number };
  /** Settles in order; rejects only for good. */
  send(bytes: Uint8Array, sequence: number): Promise<ShipperReceipt>;
  /** Settles when the window has room. */
  ready(): Promise<void>;
  close(): void | Promise<void>;
}

export interface ShipperReceipt {
  readonly sequence: number;
  readonly offset: number | undefined;
  readonly duplicate: boolean;
  readonly proof: Proof;
}

/** The part of the SDK's client that is used. */
export interface ShipperClient {
  channel(
    stream: string,
    options: {
      readonly producer: string;
      readonly epoch: number;
      readonly create: boolean;
      readonly contentType: string;
      readonly signal: AbortSignal;
    },
  ): Promise<ShipperChannel>;
}

/** Options of {@linkcode startShipper}. */
export interface ShipperOptions {
  /** The sensor whose records the spool holds; they go to `sensors/<name>`. */
  readonly name: string;
  /** Closed by the caller, after `done`. */
  readonly spool: Pick<Spool, 'unacknowledged' | 'seal' | 'acknowledge' | 'wait' | 'status'>;
  readonly client: ShipperClient;
  readonly world: World;
  /** @default defaultLimits */
  readonly limits?: Limits;
  /**
   * Told each batch once the server has it, in order, and waited for. After a kill it may be told the last
   * batches again, never too few (S0.14). @default nobody
   */
  readonly onAcknowledged?: (batch: AcknowledgedBatch) => void | Promise<void>;
}

/** A batch that the server has. */
export interface AcknowledgedBatch {
  readonly sequence: number;
  /** Number of records; of a gap batch, the number of gaps. */
  readonly count: number;
  /** Whether the records are gaps: JSON of a `Gap` each (P6). */
  readonly gap: boolean;
  /** Its records, in order: each one's time is what an `ACK` repeats (S0.13). */
  readonly records: Iterable<RecordInput>;
  readonly receipt: ShipperReceipt;
}

export interface ShipperCounts {
  /** Records acknowledged, gaps counted as one each. */
  readonly records: number;
  readonly batches: number;
  readonly bytes: number;
  /** Batches that the server already had. */
  readonly duplicates: number;
}

export interface Shipper {
  /** Settles after a stop; rejects with the reason when the server refused for good or the spool failed. */
  readonly done: Promise<void>;
  readonly counts: ShipperCounts;
  /** Settles when everything in the spool is acknowledged; rejects as `done` does. */
  drained(): Promise<void>;
  /** Sends no more and waits, for a bounded time, for the receipts on their way; never rejects. */
  stop(): Promise<void>;
}

/**
 * Starts a shipper. It may start before the sensor ever did (S0.11).
 *
 * @throws {PacketboatError} `badName`.
 */
export function startShipper(options: ShipperOptions): Shipper {
  checkSensorName(options.name);
  return new ShipperRun(options);
}

class ShipperRun implements Shipper {
  readonly done: Promise<void>;
  readonly counts = { records: 0, batches: 0, bytes: 0, duplicates: 0 };
  readonly #options: ShipperOptions;
  readonly #limits: Limits;
  readonly #stopping = new AbortController();
  readonly #changed = new Change();
  /** Sent and not yet forgotten by the spool. */
  #inFlight = { batches: 0, bytes: 0 };
  /** Receipted, and not yet told and forgotten. */
  #receipted: { batch: SpooledBatch; receipt: ShipperReceipt }[] = [];
  /** Set when sending is over: what is in flight is all there will be. */
  #sent = false;
  #failure: unknown;
  #finished = false;

  constructor(options: ShipperOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    this.done = this.#run().finally(() => {
      this.#finished = true;
      this.#changed.notify();
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
      const changed = this.#changed.next();
      if ((await this.#options.spool.status()).waiting === 0) return;
      await changed;
    }
    await this.done;
    throw new PacketboatError('aborted', 'The shipper was stopped before everything was acknowledged');
  }

  async #run(): Promise<void> {
    const channel = await this.#open();
    if (channel === undefined) return;
    const forgetting = this.#forget();
    try {
      await Promise.all([this.#send(channel).finally(() => this.#endSending()), forgetting]);
    } catch (error) {
      this.#fail(error);
      await forgetting.catch(() => {});
    } finally {
      await channel.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #open(): Promise<ShipperChannel | undefined> {
    const { client, spool, name } = this.#options;
    const { signal } = this.#stopping;
    const { producerId, epoch } = await spool.status();
    const options = { producer: producerId, epoch, create: true, contentType: 'text/plain', signal };
    try {
      return await client.channel(sensorStream(name), options);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  /** Sends until a stop or a failure. */
  async #send(channel: ShipperChannel): Promise<void> {
    const { spool } = this.#options;
    const { signal } = this.#stopping;
    let first = true;
    const send = (batch: SpooledBatch): void => {
      if (first) this.#checkPosition(batch, channel);
      first = false;
      this.#sendOne(batch, channel);
    };
    for await (const batch of spool.unacknowledged()) {
      if (!(await this.#hasRoom(channel))) return;
      send(batch);
    }
    while (await this.#hasRoom(channel)) {
      // Sealed as late as this: what was never sealed may still be degraded, and a batch is as large as it can be.
      const batch = await spool.seal(this.#limits.batchBytesTarget);
      if (batch !== undefined) send(batch);
      else await orAborted(spool.wait(signal), signal);
    }
  }

  /** Waits for room; false when there is nothing more to be sent. */
  async #hasRoom(channel: ShipperChannel): Promise<boolean> {
    const { signal } = this.#stopping;
    const { windowBatchesMax, windowBytesMax } = this.#limits;
    while (!signal.aborted && (this.#inFlight.batches >= windowBatchesMax || this.#inFlight.bytes >= windowBytesMax)) {
      await orAborted(this.#changed.next(), signal);
    }
    await orAborted(channel.ready(), signal);
    return !signal.aborted;
  }

  #checkPosition(batch: SpooledBatch, channel: ShipperChannel): void {
    const expected = channel.position.sequence;
    if (batch.sequence <= expected) return;
    const name = sensorStream(this.#options.name);
    throw new PacketboatError(
      'wrongStore',
      `The server expects batch ${expected} of ${name}, but all before ${batch.sequence} were acknowledged: this is not the store that acknowledged them`,
    );
  }

  #sendOne(batch: SpooledBatch, channel: ShipperChannel): void {
    this.#inFlight.batches++;
    this.#inFlight.bytes += batch.bytes.length;
    channel.send(batch.bytes, batch.sequence).then(
      (receipt) => {
        this.#receipted.push({ batch, receipt });
        this.#changed.notify();
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
        if (this.#failure !== undefined || (this.#sent && this.#inFlight.batches === 0)) return;
        await this.#changed.next();
        continue;
      }
      for (const { batch, receipt } of receipted) {
        const acknowledged = this.#describe(batch, receipt);
        await onAcknowledged?.(acknowledged);
        this.counts.records += acknowledged.count;
        this.counts.batches++;
        this.counts.bytes += batch.bytes.length;
        if (receipt.duplicate) this.counts.duplicates++;
        this.#inFlight.bytes -= batch.bytes.length;
      }
      await spool.acknowledge(last.batch.sequence);
      this.#inFlight.batches -= receipted.length;
      this.#changed.notify();
    }
  }

  #describe({ bytes, sequence }: SpooledBatch, receipt: ShipperReceipt): AcknowledgedBatch {
    const batch = openBatch(bytes, 0, this.#options.world.crc32, this.#limits);
    const { count, gap } = batch;
    return { sequence, count, gap, receipt, records: { [Symbol.iterator]: () => batchRecords(batch) } };
  }

  /** No more is sent; receipts on their way are waited for, but not for ever. */
  #endSending(): void {
    this.#sent = true;
    this.#changed.notify();
    const { stopTimeoutMs } = this.#limits;
    const timer = this.#options.world.timers.after(stopTimeoutMs, () => {
      if (!this.#finished) this.#fail(undefined);
    });
    this.done.then(() => timer.cancel(), () => timer.cancel());
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#stopping.abort();
    this.#changed.notify();
  }
}
