/**
 * Binary frames of the session door (`packetboat.v1`). Text frames are control messages, see `control.ts`.
 * All integers are little-endian.
 *
 * ```
 * publish   u8 1 · u8 0 · u16 check · u32 channel                                 · sealed batches
 * segment   u8 2 · u8 flags (1 = closes) · u16 check · u32 stream number · u64 base offset
 *           · u32 checksum before · u32 checksum after · u32 records · u32 0      · sealed batches
 * part      u8 3 · u8 1 if last · u16 check · u32 index                           · a slice of a frame
 * ```
 *
 * `check` is the low half of the CRC-32 of the head without it: batches carry CRCs of their own, and a frame that was
 * damaged into one for somebody else would otherwise vanish without a word (P5).
 *
 * A segment frame names the stream's number, never the subscription: it is encoded once and the same buffer
 * goes to every reader.
 */
import { crc32 } from './crc32.ts';
import { PacketboatError } from './errors.ts';
import type { Segment } from './store.ts';

const frameType = Object.freeze({ publish: 1, segment: 2, part: 3 } as const);
const publishHeaderBytes = 8;
const segmentHeaderBytes = 32;
const checkAt = 2;
const checkBytes = 2;
/** Bytes a part adds to its slice. */
export const partHeaderBytes = 8;

/** Bytes a frame needs beside the batches it carries, at most. */
export const frameOverheadBytes = segmentHeaderBytes;

/** A publish frame: sealed batches of one channel, in sequence. */
export interface PublishFrame {
  readonly kind: 'publish';
  readonly channel: number;
  /** The batches, side by side, not yet validated. */
  readonly batches: Uint8Array;
}

/** A segment frame: what one commit stored for one stream. */
export interface SegmentFrame {
  readonly kind: 'segment';
  /** As told in `subscribed`. */
  readonly number: number;
  readonly base: number;
  readonly count: number;
  readonly checksumBefore: number;
  readonly checksumAfter: number;
  readonly close: boolean;
  readonly batches: Uint8Array;
}

/** A part of a frame that is too large for the link to take in one piece. */
export interface PartFrame {
  readonly kind: 'part';
  readonly index: number;
  readonly last: boolean;
  readonly slice: Uint8Array;
}

export function encodePublish(channel: number, batches: readonly Uint8Array[]): Uint8Array {
  const frame = joined(publishHeaderBytes, batches);
  const view = new DataView(frame.buffer);
  view.setUint8(0, frameType.publish);
  view.setUint32(4, channel, true);
  view.setUint16(checkAt, checkOf(frame.subarray(0, publishHeaderBytes)), true);
  return frame;
}

export function encodeSegment(number: number, segment: Segment): Uint8Array {
  const frame = joined(segmentHeaderBytes, [segment.bytes]);
  const view = new DataView(frame.buffer);
  view.setUint8(0, frameType.segment);
  view.setUint8(1, segment.close ? 1 : 0);
  view.setUint32(4, number, true);
  view.setBigUint64(8, BigInt(segment.base), true);
  view.setUint32(16, segment.checksumBefore, true);
  view.setUint32(20, segment.checksumAfter, true);
  view.setUint32(24, segment.count, true);
  view.setUint16(checkAt, checkOf(frame.subarray(0, segmentHeaderBytes)), true);
  return frame;
}

export function encodePart(index: number, last: boolean, slice: Uint8Array): Uint8Array {
  const frame = joined(partHeaderBytes, [slice]);
  const view = new DataView(frame.buffer);
  view.setUint8(0, frameType.part);
  view.setUint8(1, last ? 1 : 0);
  view.setUint32(4, index, true);
  view.setUint16(checkAt, checkOf(frame.subarray(0, partHeaderBytes)), true);
  return frame;
}

/** @throws {PacketboatError} `badFrame` for anything that is not one of the three frames. */
export function decodeFrame(bytes: Uint8Array): PublishFrame | SegmentFrame | PartFrame {
  if (bytes.length < publishHeaderBytes) throw bad(`${bytes.length} bytes are too few`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [type, flag] = [view.getUint8(0), view.getUint8(1)];
  const headerBytes = type === frameType.segment ? segmentHeaderBytes : publishHeaderBytes;
  if (bytes.length < headerBytes) throw bad(`${bytes.length} bytes are too few for a segment`);
  const check = checkOf(bytes.subarray(0, headerBytes));
  if (view.getUint16(checkAt, true) !== check) throw bad('its head is damaged');
  switch (type) {
    case frameType.publish:
      if (flag !== 0) throw bad(`flags ${flag} are unknown`);
      return { kind: 'publish', channel: view.getUint32(4, true), batches: bytes.subarray(publishHeaderBytes) };
    case frameType.part:
      if (flag > 1) throw bad(`flags ${flag} are unknown`);
      return { kind: 'part', index: view.getUint32(4, true), last: flag === 1, slice: bytes.subarray(partHeaderBytes) };
    case frameType.segment:
      return decodeSegment(bytes, view, flag);
    default:
      throw bad(`type ${type} is unknown`);
  }
}

function decodeSegment(bytes: Uint8Array, view: DataView, flag: number): SegmentFrame {
  if (flag > 1) throw bad(`flags ${flag} are unknown`);
  if (view.getUint32(28, true) !== 0) throw bad('reserved bytes are not zero');
  const base = view.getBigUint64(8, true);
  if (base > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(`offset ${base} is over 2^53 − 1`);
  return {
    kind: 'segment',
    number: view.getUint32(4, true),
    base: Number(base),
    checksumBefore: view.getUint32(16, true),
    checksumAfter: view.getUint32(20, true),
    count: view.getUint32(24, true),
    close: flag === 1,
    batches: bytes.subarray(segmentHeaderBytes),
  };
}

function checkOf(head: Uint8Array): number {
  return crc32(head.subarray(checkAt + checkBytes), crc32(head.subarray(0, checkAt))) & 0xffff;
}

function joined(headerBytes: number, pieces: readonly Uint8Array[]): Uint8Array {
  let length = headerBytes;
  for (const piece of pieces) length += piece.length;
  const frame = new Uint8Array(length);
  let at = headerBytes;
  for (const piece of pieces) {
    frame.set(piece, at);
    at += piece.length;
  }
  return frame;
}

function bad(why: string): PacketboatError {
  return new PacketboatError('badFrame', `Bad frame: ${why}`);
}
