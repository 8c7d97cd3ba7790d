import {
  crc32,
  type Gap,
  PacketboatError,
  type RecordInput,
  sealBatch,
  type Spool,
  type SpooledBatch,
  type SpoolStatus,
} from '@packetboat/core';
import type { Life } from '../kernel/life.ts';
import { wait } from './wait.ts';

/** What a spool's disk holds. Samples are numbered from 0; a gap stands for those from … to. */
export class SpoolDisk {
  readonly producerId: string;
  readonly stream: string;
  /** Not sealed yet, in order. */
  samples: { readonly from: number; readonly to: number; readonly record: RecordInput; readonly gap: boolean }[] = [];
  /** Sealed and not acknowledged. */
  batches: (SpooledBatch & { readonly to: number })[] = [];
  /** Forgotten since the last sync: a power cut brings them back. */
  forgotten: (SpooledBatch & { readonly to: number })[] = [];
  nextSequence = 0;
  produced = 0;
  acknowledged = 0;
  lost = 0;
  mark: string | undefined;

  constructor(producerId: string, stream: string) {
    this.producerId = producerId;
    this.stream = stream;
  }

  /** Loses what was not synced. */
  powerCut(): void {
    this.batches = [...this.forgotten, ...this.batches];
    this.forgotten = [];
  }
}

/** How a {@linkcode MemorySpool} behaves. */
export interface MemorySpoolOptions {
  readonly disk: SpoolDisk;
  /** Whose handle it is: a dead process does nothing any more. */
  readonly life: Life;
  readonly samplesMax: number;
  readonly whenFull: 'block' | 'gap';
  /** The longest sync. */
  readonly syncMs: number;
}

const encoder = new TextEncoder();

/** A stand-in for the on-disk spool, behind the same port: what is put survives the process that put it. */
export class MemorySpool implements Spool {
  readonly #options: MemorySpoolOptions;
  readonly #waiters = new Set<() => void>();

  constructor(options: MemorySpoolOptions) {
    this.#options = options;
  }

  async put(records: readonly RecordInput[], mark?: string): Promise<number> {
    const { disk, samplesMax, whenFull } = this.#options;
    await this.#alive();
    if (whenFull === 'block' && disk.samples.length >= samplesMax) {
      throw new PacketboatError('spoolFull', `The spool holds ${disk.samples.length} samples`);
    }
    const first = disk.produced;
    for (const record of records) {
      disk.samples.push({ from: disk.produced, to: disk.produced + 1, record, gap: false });
      disk.produced += 1;
    }
    disk.mark = mark ?? disk.mark;
    if (disk.samples.length > samplesMax) this.#dropOldest();
    await this.#synced();
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
    return first;
  }

  async mark(): Promise<string | undefined> {
    return this.#options.disk.mark;
  }

  async *unacknowledged(): AsyncGenerator<SpooledBatch> {
    yield* this.#options.disk.batches.slice();
  }

  async seal(bytesMax: number): Promise<SpooledBatch | undefined> {
    const { disk } = this.#options;
    await this.#alive();
    const [oldest] = disk.samples;
    if (oldest === undefined) return undefined;
    let bytes = 0;
    const fits = disk.samples.findIndex(({ gap, record }) => {
      bytes += record.bytes.length;
      return gap !== oldest.gap || bytes > bytesMax;
    });
    const run = disk.samples.splice(0, fits === -1 ? disk.samples.length : Math.max(1, fits));
    const sequence = disk.nextSequence++;
    const producer = { id: disk.producerId, epoch: 0, sequence };
    const sealed = sealBatch({ records: run.map(({ record }) => record), producer, gap: oldest.gap }, crc32);
    const batch = { sequence, bytes: sealed, to: run.at(-1)?.to ?? 0 };
    disk.batches.push(batch);
    await this.#synced();
    return batch;
  }

  async acknowledge(sequence: number): Promise<void> {
    const { disk } = this.#options;
    await this.#alive();
    while (disk.batches[0] !== undefined && disk.batches[0].sequence <= sequence) {
      const [batch] = disk.batches.splice(0, 1);
      if (batch === undefined) break;
      disk.acknowledged = batch.to;
      disk.forgotten.push(batch);
    }
  }

  async wait(signal?: AbortSignal): Promise<void> {
    const { disk } = this.#options;
    await this.#alive();
    if (disk.samples.length > 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#waiters.add(resolve);
      signal?.addEventListener('abort', () => reject(new PacketboatError('aborted', 'Nobody waits any more')));
    });
  }

  async status(): Promise<SpoolStatus> {
    const { producerId, stream, produced, acknowledged, lost, samples } = this.#options.disk;
    return {
      stream,
      producerId,
      epoch: 0,
      produced,
      acknowledged,
      waiting: produced - acknowledged,
      waitingBytes: samples.length,
      lost,
      quarantined: 0,
      sealedCount: 0,
      sealedChecksum: 0,
    };
  }

  async close(): Promise<void> {}

  /** Half of what is not sealed gives way to a gap. */
  #dropOldest(): void {
    const { disk, samplesMax } = this.#options;
    const dropped = disk.samples.splice(0, disk.samples.length - Math.trunc(samplesMax / 2));
    const [first, last] = [dropped[0], dropped.at(-1)];
    if (first === undefined || last === undefined) return;
    disk.lost += dropped.filter(({ gap }) => !gap).length;
    const gap: Gap = { from: first.from, to: last.to - 1, count: last.to - first.from, reason: 'spoolFull' };
    const record = { timeNs: last.record.timeNs, bytes: encoder.encode(JSON.stringify(gap)) };
    disk.samples.unshift({ from: first.from, to: last.to, record, gap: true });
  }

  /** What was written is on the disk when this settles. */
  async #synced(): Promise<void> {
    const { disk, life, syncMs } = this.#options;
    disk.forgotten = [];
    if (syncMs > 0) await wait(life.world.timers, syncMs * life.world.random.fraction());
  }

  /** A dead process does nothing more: it never goes on from here. */
  #alive(): Promise<void> {
    return this.#options.life.alive ? Promise.resolve() : new Promise(() => undefined);
  }
}
