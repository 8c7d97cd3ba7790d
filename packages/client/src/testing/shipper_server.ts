/** A client and a server behind it, for the shipper's tests: it decides as the real one does, once per sequence. */
import { PacketboatError, batchRecords, crc32, defaultLimits, openBatch } from '@packetboat/core';
import type { Receipt } from '../receipt.ts';
import type { ShipperChannel, ShipperClient } from '../shipper.ts';

type ChannelOptions = Parameters<ShipperClient['channel']>[1];

export class ShipperServer implements ShipperClient {
  /** Stored batches. */
  readonly batches: Uint8Array[] = [];
  /** Every batch that was sent, stored or not. */
  readonly attempts: Uint8Array[] = [];
  /** Receipts wait for `release`. */
  hold = false;
  /** Nothing that is sent arrives. */
  deaf = false;
  /** Receipts that may still leave; later ones are lost on their way. */
  receiptsLeft = Number.POSITIVE_INFINITY;
  /** Every batch is refused with this. */
  refusal: PacketboatError | undefined;
  /** What the link takes in one piece. */
  pieceBytes = Number.POSITIVE_INFINITY;
  /** Nobody answers. */
  absent = false;
  #held: (() => void)[] = [];
  #cut = Promise.withResolvers<never>();

  constructor() {
    this.#cut.promise.catch(() => {});
  }

  async channel(_stream: string, { signal }: ChannelOptions): Promise<ShipperChannel> {
    if (this.absent) {
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new PacketboatError('aborted', 'Given up')));
      });
    }
    const cut = this.#cut.promise;
    const position = { epoch: 0, sequence: this.batches.length };
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new PacketboatError('aborted', 'Given up')));
    });
    aborted.catch(() => {});
    return {
      position,
      pieceBytes: this.pieceBytes,
      send: (bytes, sequence) => Promise.race([this.#append(bytes, sequence), cut, aborted]),
      ready: () => Promise.resolve(),
      close: () => {},
    };
  }

  /** Lets the receipts go that were held. */
  release(): void {
    for (const send of this.#held.splice(0)) send();
  }

  /** Ends every channel, with whatever is unacknowledged. */
  cut(): void {
    this.#cut.reject(new PacketboatError('unreachable', 'The link was cut'));
    this.#cut = Promise.withResolvers();
    this.#cut.promise.catch(() => {});
    this.#held = [];
  }

  lines(): string[] {
    return this.batches.flatMap((bytes) =>
      Array.from(batchRecords(openBatch(bytes, 0, crc32, defaultLimits)), (record) =>
        Buffer.from(record.bytes).toString(),
      ),
    );
  }

  async #append(bytes: Uint8Array, sequence: number): Promise<Receipt> {
    this.attempts.push(bytes);
    if (this.refusal !== undefined) throw this.refusal;
    const never = Promise.withResolvers<never>().promise;
    if (this.deaf) return never;
    if (sequence > this.batches.length) throw new PacketboatError('sequenceGap', `Expected ${this.batches.length}`);
    const duplicate = sequence < this.batches.length;
    if (!duplicate) this.batches.push(bytes);
    else if (!Buffer.from(bytes).equals(this.batches[sequence] ?? new Uint8Array(0))) {
      throw new PacketboatError('sequenceReused', `Sequence ${sequence} was another batch`);
    }
    if (this.receiptsLeft-- <= 0) return never;
    if (this.hold) await new Promise<void>((resolve) => this.#held.push(resolve));
    return {
      sequence,
      offset: sequence,
      duplicate,
      proof: {
        storeId: 'fake',
        stream: 'sensors/paul',
        incarnation: '1',
        offset: 0,
        checksum: 0,
        durability: 'memory',
        mac: '',
      },
    };
  }
}
