/** How changes, results and errors cross between threads: plain values, and all bytes side by side in one buffer. */
import { type Batch, type ErrorCode, PacketboatError } from '@packetboat/core';
import type { Change, ChangeResult } from './changes.ts';

interface WireBatch extends Omit<Batch, 'bytes' | 'payload'> {
  readonly length: number;
  readonly payloadLength: number;
}

/** A {@linkcode Change} whose bytes travel beside it. */
export type WireChange =
  | Exclude<Change, { kind: 'append' | 'close' | 'put' }>
  | (Omit<Extract<Change, { kind: 'append' }>, 'batch'> & { readonly batch: WireBatch })
  | (Omit<Extract<Change, { kind: 'close' }>, 'batch'> & { readonly batch: WireBatch })
  | (Omit<Extract<Change, { kind: 'put' }>, 'value'> & { readonly length: number });

/** A {@linkcode PacketboatError} as a plain value. */
export interface WireError {
  readonly errorCode: ErrorCode;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
}

export type WireResult = Exclude<ChangeResult, PacketboatError> | WireError;

/** Bytes that a change carries. */
export function bytesOf(change: Change): Uint8Array | undefined {
  if (change.kind === 'append' || change.kind === 'close') return change.batch.bytes;
  return change.kind === 'put' ? change.value : undefined;
}

/** Copies the bytes of all changes into one buffer, to be transferred: views into pools would be cloned whole. */
export function packChanges(changes: readonly Change[]): { wire: WireChange[]; bytes: ArrayBuffer } {
  const pieces = changes.flatMap((change) => bytesOf(change) ?? []);
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { wire: changes.map(toWire), bytes: bytes.buffer };
}

export function unpackChanges(wire: readonly WireChange[], buffer: ArrayBuffer): Change[] {
  let at = 0;
  const take = (length: number) => {
    at += length;
    return new Uint8Array(buffer, at - length, length);
  };
  const openBatch = ({ length, payloadLength, ...known }: WireBatch): Batch => {
    const bytes = take(length);
    return { ...known, bytes, payload: bytes.subarray(length - payloadLength) };
  };
  return wire.map((change): Change => {
    if (change.kind === 'append') return { ...change, batch: openBatch(change.batch) };
    if (change.kind === 'close') return { ...change, batch: openBatch(change.batch) };
    if (change.kind === 'put') return { ...change, value: take(change.length) };
    return change;
  });
}

/** Anything thrown, as a plain value. What the system refuses to our own files leaves us uncertain (P8). */
export function toWireError(error: unknown): WireError {
  if (error instanceof PacketboatError) {
    return { errorCode: error.code, message: error.message, retryAfterMs: error.retryAfterMs };
  }
  const errorCode = error instanceof Error && 'syscall' in error ? 'storeFailed' : 'internal';
  return { errorCode, message: String(error), retryAfterMs: undefined };
}

export function fromWireError({ errorCode, message, retryAfterMs }: WireError): PacketboatError {
  return new PacketboatError(errorCode, message, retryAfterMs === undefined ? {} : { retryAfterMs });
}

export function isWireError(value: unknown): value is WireError {
  return typeof value === 'object' && value !== null && 'errorCode' in value;
}

function toWire(change: Change): WireChange {
  if (change.kind === 'put') {
    const { kind, key, value, expected } = change;
    return { kind, key, expected, length: value.length };
  }
  if (change.kind !== 'append' && change.kind !== 'close') return change;
  const { bytes, payload, crc, gap, close, producer, count } = change.batch;
  const batch = { length: bytes.length, payloadLength: payload.length, crc, gap, close, producer, count };
  return { ...change, batch };
}
