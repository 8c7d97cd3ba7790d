/** A spool in memory for tests: what is put survives as long as the object, as a disk does. */
import { type RecordInput, sealBatch } from '../batch.ts';
import { crc32 } from '../crc32.ts';
import type { PacketboatError } from '../errors.ts';
import type { Spool, SpooledBatch, SpoolStatus } from '../spool.ts';
import { gapSample } from '../spool_sample.ts';

export class FakeSpool implements Spool {
  readonly records: RecordInput[] = [];
  /** Sealed and not acknowledged. */
  readonly sealed: (SpooledBatch & { readonly count: number })[] = [];
  /** Errors that the next writes fail with. */
  readonly failures: PacketboatError[] = [];
  acknowledged = 0;
  /** Number of records that `seal` takes at once. */
  batchRecords = 2;
  nextSequence = 0;
  /** How large the batches were to be. */
  readonly targets: number[] = [];
  #storedMark: string | undefined;
  #taken = 0;
  #changed = Promise.withResolvers<void>();

  async put(records: readonly RecordInput[], mark?: string): Promise<number> {
    this.#failIfTold();
    const first = this.records.length;
    this.records.push(...records);
    this.#storedMark = mark ?? this.#storedMark;
    this.#wake();
    return first;
  }

  async mark(): Promise<string | undefined> {
    return this.#storedMark;
  }

  async *unacknowledged(): AsyncGenerator<SpooledBatch> {
    yield* this.sealed.slice();
  }

  async seal(bytesTarget: number): Promise<SpooledBatch | undefined> {
    this.#failIfTold();
    this.targets.push(bytesTarget);
    const records = this.records.slice(this.#taken, this.#taken + this.batchRecords);
    if (records.length === 0) return undefined;
    return this.#seal(records, records.length, false);
  }

  /** As a full spool does: seals a gap in the place of the next `count` records (P6). */
  lose(count: number): void {
    this.#seal([gapSample(this.#taken, this.#taken + count, 'spoolFull', 0n)], count, true);
  }

  async acknowledge(sequence: number): Promise<void> {
    this.#failIfTold();
    while (this.sealed[0] !== undefined && this.sealed[0].sequence <= sequence) {
      this.acknowledged += this.sealed.shift()?.count ?? 0;
    }
  }

  async wait(signal?: AbortSignal): Promise<void> {
    if (this.#taken < this.records.length || signal?.aborted === true) return;
    await this.#changed.promise;
  }

  async status(): Promise<SpoolStatus> {
    const waiting = this.records.length - this.acknowledged;
    return {
      stream: 'sensors/paul',
      producerId: 'fake',
      epoch: 0,
      produced: this.records.length,
      acknowledged: this.acknowledged,
      waiting,
      waitingBytes: waiting,
      lost: 0,
      quarantined: 0,
      sealedCount: this.#taken,
      sealedChecksum: 0,
    };
  }

  /** Of no effect: the next life finds everything. */
  async close(): Promise<void> {
    this.#wake();
  }

  lines(): string[] {
    return this.records.map(({ bytes }) => Buffer.from(bytes).toString());
  }

  #seal(records: readonly RecordInput[], count: number, gap: boolean): SpooledBatch {
    this.#taken += count;
    const sequence = this.nextSequence++;
    const bytes = sealBatch({ records, producer: { id: 'fake', epoch: 0, sequence }, gap }, crc32);
    this.sealed.push({ sequence, bytes, count });
    return { sequence, bytes };
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #failIfTold(): void {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }
}
