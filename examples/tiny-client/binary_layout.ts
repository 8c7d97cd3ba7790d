/**
 * Section 4 of docs/protocol/session.md: what binary messages are made of, byte by byte. Nothing here knows of connections.
 */

/** What one segment frame holds. */
export interface Segment {
  /** Of the stream on this connection. */
  readonly number: number;
  /** Offset of the first record. */
  readonly begins: number;
  /** Running checksum before the first and after the last record. */
  readonly before: number;
  readonly after: number;
  readonly records: readonly Uint8Array[];
  /** What it cost. */
  readonly credit: number;
}

/** The frame that publishes a sealed batch on channel 1. */
export function publishFrame(sealed: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(8 + sealed.length);
  frame.set([1, 0, 0, 0, 1, 0, 0, 0]);
  new DataView(frame.buffer).setUint16(2, checkOf(frame.subarray(0, 8)), true);
  frame.set(sealed, 8);
  return frame;
}

/** A segment frame, verified by itself: its head, each batch, and that its records make up the difference of its checksums. */
export function openSegment(bytes: Uint8Array): Segment {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (checkOf(bytes.subarray(0, 32)) !== view.getUint16(2, true)) throw new Error('badFrame');
  const records = open(bytes.subarray(32));
  const before = view.getUint32(16, true);
  const after = records.reduce((checksum, record) => crc32(record, checksum), before);
  if (records.length !== view.getUint32(24, true) || after !== view.getUint32(20, true)) {
    throw new Error('checksumMismatch');
  }
  const [number, begins] = [view.getUint32(4, true), Number(view.getBigUint64(8, true))];
  return { number, begins, before, after, records, credit: bytes.length - 32 };
}

/** CRC-32 of zlib and PNG, continued from `initial`. */
function crc32(bytes: Uint8Array, initial = 0): number {
  let crc = ~initial;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** The check of a frame's head. */
function checkOf(head: Uint8Array): number {
  return crc32(head.subarray(4), crc32(head.subarray(0, 2))) & 0xffff;
}

/** A sealed batch. */
export function seal(producer: string, epoch: number, sequence: number, texts: readonly string[]): Uint8Array {
  const id = new TextEncoder().encode(producer);
  const payloads = texts.map((text) => new TextEncoder().encode(text));
  const payloadBytes = payloads.reduce((sum, { length }) => sum + length, 0);
  const timesAt = 40 + 8 * Math.ceil(id.length / 8);
  const bytes = new Uint8Array(timesAt + 12 * texts.length + payloadBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('PKB1'));
  view.setUint32(4, bytes.length, true);
  bytes.set([1, 0, id.length, 0], 12);
  view.setUint32(16, texts.length, true);
  view.setUint32(20, payloadBytes, true);
  view.setBigUint64(24, BigInt(epoch), true);
  view.setBigUint64(32, BigInt(sequence), true);
  bytes.set(id, 40);
  let payloadAt = timesAt + 12 * texts.length;
  for (const [index, payload] of payloads.entries()) {
    view.setBigInt64(timesAt + 8 * index, BigInt(Date.now()) * 1_000_000n, true);
    view.setUint32(timesAt + 8 * texts.length + 4 * index, payload.length, true);
    bytes.set(payload, payloadAt);
    payloadAt += payload.length;
  }
  view.setUint32(8, crc32(bytes.subarray(12)), true);
  return bytes;
}

/** The payloads of sealed batches side by side. @throws {Error} when a batch's CRC does not hold. */
function open(bytes: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
    const length = view.getUint32(4, true);
    if (length < 40) throw new Error('badBatch');
    const batch = bytes.subarray(at, at + length);
    if (crc32(batch.subarray(12)) !== view.getUint32(8, true)) throw new Error('checksumMismatch');
    const count = view.getUint32(16, true);
    const lengthsAt = 40 + 8 * Math.ceil(view.getUint8(14) / 8) + 8 * count;
    let payloadAt = lengthsAt + 4 * count;
    for (let index = 0; index < count; index++) {
      const recordBytes = view.getUint32(lengthsAt + 4 * index, true);
      records.push(batch.subarray(payloadAt, payloadAt + recordBytes));
      payloadAt += recordBytes;
    }
    at += batch.length;
  }
  return records;
}
