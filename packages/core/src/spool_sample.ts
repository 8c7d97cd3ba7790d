/** What waits in a spool, whatever it lies on: samples, and the rules by which they are counted and become batches. */
import { type Gap, type RecordInput, sealedBytes } from './batch.ts';
import { PacketboatError } from './errors.ts';
import type { Limits } from './limits.ts';

/** Samples `from` … `to` (exclusive): a record, or what is told of those that are lost. */
export interface SpoolSample extends RecordInput {
  readonly kind: 'record' | 'gap';
  readonly from: number;
  readonly to: number;
}

/** What a sample costs beyond its bytes, about. */
const overheadBytes = 40;
const int64Max = 2n ** 63n - 1n;
const encoder = new TextEncoder();

/** Bytes a sample takes in a spool. */
export function sampleBytes(bytes: Uint8Array): number {
  return overheadBytes + bytes.length;
}

/** The gap that stands for samples `from` … `to` (exclusive). Its bytes are the JSON of a {@linkcode Gap} (P6). */
export function gapSample(from: number, to: number, reason: string, timeNs: bigint): SpoolSample & { kind: 'gap' } {
  const gap: Gap = { from, to: to - 1, count: to - from, reason };
  return { kind: 'gap', from, to, timeNs, bytes: encoder.encode(JSON.stringify(gap)) };
}

/** What a gap's record says. */
export function gapOf({ bytes }: Pick<RecordInput, 'bytes'>): Gap {
  const gap: Gap = JSON.parse(new TextDecoder().decode(bytes));
  return gap;
}

/**
 * Returns `record` if a spool may take it.
 *
 * @throws {PacketboatError} `tooLarge`, `badRequest` for a time of more than 64 bits.
 */
export function checkSample(record: RecordInput, { recordBytesMax }: Pick<Limits, 'recordBytesMax'>): RecordInput {
  if (record.bytes.length > recordBytesMax) {
    const message = `Record of ${record.bytes.length} bytes is over the limit of ${recordBytesMax}`;
    throw new PacketboatError('tooLarge', message);
  }
  if (record.timeNs > int64Max || record.timeNs < -int64Max - 1n) {
    throw new PacketboatError('badRequest', `Time ${record.timeNs} ns does not fit 64 bits`);
  }
  return record;
}

/** The samples of the next batch, as they are gathered. */
export class SampleRun<Sample extends SpoolSample> {
  readonly samples: Sample[] = [];
  readonly #idBytes: number;
  readonly #bytesMax: number;
  readonly #recordsMax: number;
  #payloadBytes = 0;

  /** @param bytesMax What the sealed batch may take; one sample it holds in any case. */
  constructor(producerId: string, bytesMax: number, limits: Pick<Limits, 'batchBytesMax' | 'batchRecordsMax'>) {
    this.#idBytes = encoder.encode(producerId).length;
    this.#bytesMax = Math.min(bytesMax, limits.batchBytesMax);
    this.#recordsMax = limits.batchRecordsMax;
  }

  /** Takes `sample` behind the others, or says that it belongs into the batch after this one. */
  take(sample: Sample): boolean {
    const { samples } = this;
    const length = sealedBytes(this.#idBytes, samples.length + 1, this.#payloadBytes + sample.bytes.length);
    const fits = length <= this.#bytesMax && samples.length < this.#recordsMax;
    // Records and gaps do not mix in a batch.
    if (samples.length > 0 && (!fits || sample.kind !== samples[0]?.kind)) return false;
    samples.push(sample);
    this.#payloadBytes += sample.bytes.length;
    return true;
  }
}
