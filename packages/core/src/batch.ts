/**
 * The batch: the records appended, stored, checked and sent as one unit. Sealed, then immutable.
 *
 * All integers are little-endian:
 *
 * ```
 *  0  u32  magic "PKB1"
 *  4  u32  length of the whole batch in bytes
 *  8  u32  CRC-32 of bytes 12 … length
 * 12  u8   version (1)
 * 13  u8   flags: 1 = the records are gaps, 2 = closes the stream
 * 14  u8   UTF-8 bytes of the producer id (0 = no producer)
 * 15  u8   0
 * 16  u32  number of records
 * 20  u32  payload bytes
 * 24  u64  producer epoch
 * 32  u64  producer sequence
 * 40       producer id, zero-padded to a multiple of 8
 *          i64 × records: times, nanoseconds since the Unix epoch
 *          u32 × records: payload lengths
 *          the payloads, side by side
 * ```
 *
 * Columns keep the server free of per-record work: lengths are validated in one pass, and the
 * payload region is one slice.
 */
import { PacketboatError } from './errors.ts';
import type { Limits } from './limits.ts';
import { quoted } from './names.ts';
import type { Crc32 } from './ports.ts';

const magic = 0x31_42_4b_50;
const version = 1;
const fixedBytes = 40;
const timeBytes = 8;
const lengthBytes = 4;

/** Bits of the header's flags. */
export const batchFlag = Object.freeze({ gap: 1, close: 2 } as const);
const knownFlags = batchFlag.gap | batchFlag.close;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One record: bytes plus a time. */
export interface RecordInput {
  /** Nanoseconds since the Unix epoch; data, never an identity (S0.9). */
  readonly timeNs: bigint;
  /** The payload. */
  readonly bytes: Uint8Array;
}

/** Who appends, which life of it, which batch. Epoch and sequence are integers in 0 … 2^53 − 1. */
export interface ProducerPosition {
  readonly id: string;
  readonly epoch: number;
  readonly sequence: number;
}

/** What {@linkcode sealBatch} makes a batch of. */
export interface BatchInput {
  readonly records: readonly RecordInput[];
  /** Absent for appends of a door without sequences. */
  readonly producer?: ProducerPosition;
  /** Whether the records are gaps: JSON of a {@linkcode Gap} each. @default false */
  readonly gap?: boolean;
  /** Whether the stream is closed after this batch. @default false */
  readonly close?: boolean;
}

/** What a record of kind `gap` says, as JSON: these were produced and are lost to a limit (P6). */
export interface Gap {
  /** First and last lost sample or offset, as the one who lost them numbers them. */
  readonly from: number;
  readonly to: number;
  /** How many records are lost. */
  readonly count: number;
  /** Why, in a word: `spoolFull`, `degraded`, `retention`, `damaged`. */
  readonly reason: string;
}

/** A sealed batch, validated. It is a view: `bytes` is not copied. */
export interface Batch {
  /** The whole batch, header included. */
  readonly bytes: Uint8Array;
  readonly crc: number;
  readonly gap: boolean;
  readonly close: boolean;
  readonly producer: ProducerPosition | undefined;
  /** Number of records. */
  readonly count: number;
  /** The payloads of all records, side by side. */
  readonly payload: Uint8Array;
}

/** Bytes that `input` takes when sealed, without sealing it. */
export function sealedBytes(producerIdBytes: number, recordCount: number, payloadBytes: number): number {
  return fixedBytes + padded(producerIdBytes) + recordCount * (timeBytes + lengthBytes) + payloadBytes;
}

/**
 * Seals records into a batch.
 *
 * @throws {PacketboatError} `badBatch` for what no batch can hold.
 */
export function sealBatch(input: BatchInput, crc32: Crc32): Uint8Array {
  const { records, producer } = input;
  if (records.length === 0 && input.close !== true) throw bad('it would hold no records and close nothing');
  const id = producer === undefined ? new Uint8Array(0) : encodeProducer(producer);
  let payloadBytes = 0;
  for (const record of records) payloadBytes += record.bytes.length;
  const length = sealedBytes(id.length, records.length, payloadBytes);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, length, true);
  view.setUint8(12, version);
  view.setUint8(13, (input.gap === true ? batchFlag.gap : 0) | (input.close === true ? batchFlag.close : 0));
  view.setUint8(14, id.length);
  view.setUint32(16, records.length, true);
  view.setUint32(20, payloadBytes, true);
  if (producer !== undefined) {
    view.setBigUint64(24, BigInt(producer.epoch), true);
    view.setBigUint64(32, BigInt(producer.sequence), true);
    bytes.set(id, fixedBytes);
  }
  let timeAt = fixedBytes + padded(id.length);
  let lengthAt = timeAt + records.length * timeBytes;
  let payloadAt = lengthAt + records.length * lengthBytes;
  for (const record of records) {
    if (BigInt.asIntN(64, record.timeNs) !== record.timeNs) throw bad(`time ${record.timeNs} has more than 64 bits`);
    view.setBigInt64(timeAt, record.timeNs, true);
    view.setUint32(lengthAt, record.bytes.length, true);
    bytes.set(record.bytes, payloadAt);
    timeAt += timeBytes;
    lengthAt += lengthBytes;
    payloadAt += record.bytes.length;
  }
  view.setUint32(8, crc32(bytes.subarray(12)), true);
  return bytes;
}

/**
 * Validates the batch that starts at `at` and returns it as a view.
 *
 * @throws {PacketboatError} `badBatch` for anything malformed or damaged, `tooLarge` beyond a limit.
 */
export function openBatch(source: Uint8Array, at: number, crc32: Crc32, limits: Limits): Batch {
  const available = source.length - at;
  if (available < fixedBytes) throw bad(`${available} bytes are too few for a header`);
  const view = new DataView(source.buffer, source.byteOffset + at, available);
  if (view.getUint32(0, true) !== magic) throw bad('it does not begin with PKB1');
  const length = view.getUint32(4, true);
  if (length > limits.batchBytesMax) {
    throw new PacketboatError('tooLarge', `Batch of ${length} bytes is over the limit of ${limits.batchBytesMax}`);
  }
  if (length < fixedBytes || length > available) throw bad(`length ${length} does not fit ${available} bytes`);
  const bytes = source.subarray(at, at + length);
  const crc = view.getUint32(8, true);
  if (crc32(bytes.subarray(12)) !== crc) throw bad('its CRC does not match');

  if (view.getUint8(12) !== version) throw bad(`version ${view.getUint8(12)} is unknown`);
  const flags = view.getUint8(13);
  if ((flags & ~knownFlags) !== 0 || view.getUint8(15) !== 0) throw bad(`flags ${flags} are unknown`);
  const idBytes = view.getUint8(14);
  const count = view.getUint32(16, true);
  const payloadBytes = view.getUint32(20, true);
  if (count > limits.batchRecordsMax) {
    throw new PacketboatError('tooLarge', `Batch of ${count} records is over the limit of ${limits.batchRecordsMax}`);
  }
  if (count === 0 && (flags & batchFlag.close) === 0) throw bad('it holds no records and closes nothing');
  if (sealedBytes(idBytes, count, payloadBytes) !== length) throw bad('its columns do not add up to its length');
  checkLengths(view, fixedBytes + padded(idBytes) + count * timeBytes, count, payloadBytes, limits.recordBytesMax);
  return {
    bytes,
    crc,
    gap: (flags & batchFlag.gap) !== 0,
    close: (flags & batchFlag.close) !== 0,
    producer: readProducer(view, bytes, idBytes, limits),
    count,
    payload: bytes.subarray(length - payloadBytes),
  };
}

/** Validates `bytes` as batches side by side (a frame's or a segment's content). */
export function openBatches(bytes: Uint8Array, crc32: Crc32, limits: Limits): Batch[] {
  const batches: Batch[] = [];
  for (let at = 0; at < bytes.length; ) {
    const batch = openBatch(bytes, at, crc32, limits);
    batches.push(batch);
    at += batch.bytes.length;
  }
  return batches;
}

/** Yields a batch's records, from the `skip`-th on; payloads are views. */
export function* batchRecords(batch: Batch, skip = 0): Generator<RecordInput> {
  const { bytes, count, payload } = batch;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const lengthsAt = bytes.length - payload.length - count * lengthBytes;
  const timesAt = lengthsAt - count * timeBytes;
  let payloadAt = 0;
  for (let index = 0; index < count; index++) {
    const length = view.getUint32(lengthsAt + index * lengthBytes, true);
    if (index >= skip) {
      const timeNs = view.getBigInt64(timesAt + index * timeBytes, true);
      yield { timeNs, bytes: payload.subarray(payloadAt, payloadAt + length) };
    }
    payloadAt += length;
  }
}

/** The id's bytes. Only what {@linkcode readProducer} reads back as the same position passes. */
function encodeProducer(producer: ProducerPosition): Uint8Array {
  const { id, epoch, sequence } = producer;
  const bytes = encoder.encode(id);
  if (bytes.length === 0 || bytes.length > 255) throw bad(`producer id of ${bytes.length} bytes is not 1 to 255 long`);
  if (!id.isWellFormed()) throw bad(`producer id ${quoted(id)} holds a lone surrogate`);
  for (const number of [epoch, sequence]) {
    if (!Number.isSafeInteger(number) || number < 0) throw bad(`number ${number} is not an integer in 0 … 2^53 − 1`);
  }
  return bytes;
}

function checkLengths(view: DataView, at: number, count: number, payloadBytes: number, recordBytesMax: number): void {
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const length = view.getUint32(at + index * lengthBytes, true);
    if (length > recordBytesMax) {
      throw new PacketboatError('tooLarge', `Record of ${length} bytes is over the limit of ${recordBytesMax}`);
    }
    sum += length;
  }
  if (sum !== payloadBytes) throw bad(`its lengths add up to ${sum}, not to ${payloadBytes}`);
}

function readProducer(
  view: DataView,
  bytes: Uint8Array,
  idBytes: number,
  limits: Limits,
): ProducerPosition | undefined {
  if (idBytes > limits.producerIdBytesMax) throw bad(`producer id of ${idBytes} bytes is too long`);
  const epoch = readSafeInteger(view, 24);
  const sequence = readSafeInteger(view, 32);
  for (let at = fixedBytes + idBytes; at < fixedBytes + padded(idBytes); at++) {
    if (bytes[at] !== 0) throw bad('its padding is not zero');
  }
  if (idBytes === 0) {
    if (epoch !== 0 || sequence !== 0) throw bad('it has a sequence but no producer');
    return undefined;
  }
  let id: string;
  try {
    id = decoder.decode(bytes.subarray(fixedBytes, fixedBytes + idBytes));
  } catch {
    throw bad('its producer id is not UTF-8');
  }
  return { id, epoch, sequence };
}

function readSafeInteger(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(`number ${value} is over 2^53 − 1`);
  return Number(value);
}

function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}

function bad(why: string): PacketboatError {
  return new PacketboatError('badBatch', `Bad batch: ${why}`);
}
