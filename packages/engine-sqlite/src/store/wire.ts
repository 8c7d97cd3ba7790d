/** How changes, results and errors cross between threads: plain values, and all bytes side by side in one buffer. */
import { type Batch, type CreateOptions, type ErrorCode, PacketboatError } from '@packetboat/core';
import type { Change, ChangeResult } from './changes.ts';

interface WireBatch extends Omit<Batch, 'bytes' | 'payload'> {
  readonly length: number;
  readonly payloadLength: number;
}

type PlainOptions = Omit<CreateOptions, 'first'>;

interface WireOptions extends PlainOptions {
  readonly first?: WireBatch;
}

/** A {@linkcode Change} whose bytes travel beside it. */
export type WireChange =
  | Exclude<Change, { kind: 'append' | 'create' | 'close' | 'put' }>
  | (Omit<Extract<Change, { kind: 'append' }>, 'batch' | 'create'> & {
      readonly batch: WireBatch;
      readonly create: WireOptions | undefined;
    })
  | (Omit<Extract<Change, { kind: 'create' }>, 'options'> & { readonly options: WireOptions })
  | (Omit<Extract<Change, { kind: 'close' }>, 'batch'> & { readonly batch: WireBatch })
  | (Omit<Extract<Change, { kind: 'put' }>, 'value'> & { readonly length: number });

/** A {@linkcode PacketboatError} as a plain value. */
export interface WireError {
  readonly errorCode: ErrorCode;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
}

export type WireResult = Exclude<ChangeResult, PacketboatError> | WireError;

/** The first records of the stream that a change may create. */
export function firstOf(change: Change): Batch | undefined {
  if (change.kind === 'append') return change.create?.first;
  return change.kind === 'create' ? change.options.first : undefined;
}

/** Bytes that a change carries besides {@linkcode firstOf}. */
export function bytesOf(change: Change): Uint8Array | undefined {
  if (change.kind === 'append' || change.kind === 'close') return change.batch.bytes;
  return change.kind === 'put' ? change.value : undefined;
}

/** How many bytes a change carries. */
export function byteCountOf(change: Change): number {
  return (firstOf(change)?.bytes.length ?? 0) + (bytesOf(change)?.length ?? 0);
}

/** Copies the bytes of all changes into one buffer, to be transferred: views into pools would be cloned whole. */
export function packChanges(changes: readonly Change[]): { wire: WireChange[]; bytes: ArrayBuffer } {
  const bytes = new Uint8Array(changes.reduce((sum, change) => sum + byteCountOf(change), 0));
  let at = 0;
  const put = (piece: Uint8Array | undefined) => {
    if (piece === undefined) return;
    bytes.set(piece, at);
    at += piece.length;
  };
  for (const change of changes) {
    put(firstOf(change)?.bytes);
    put(bytesOf(change));
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
  const openOptions = (options: WireOptions): CreateOptions => {
    const plain: PlainOptions = options;
    return options.first === undefined ? plain : { ...plain, first: openBatch(options.first) };
  };
  return wire.map((change): Change => {
    if (change.kind === 'create') return { ...change, options: openOptions(change.options) };
    if (change.kind === 'append') {
      const create = change.create && openOptions(change.create);
      return { ...change, create, batch: openBatch(change.batch) };
    }
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
  if (change.kind === 'create') return { ...change, options: toWireOptions(change.options) };
  if (change.kind === 'close') return { ...change, batch: toWireBatch(change.batch) };
  if (change.kind !== 'append') return change;
  return { ...change, batch: toWireBatch(change.batch), create: change.create && toWireOptions(change.create) };
}

function toWireOptions(options: CreateOptions): WireOptions {
  const plain: PlainOptions = options;
  return options.first === undefined ? plain : { ...plain, first: toWireBatch(options.first) };
}

function toWireBatch({ bytes, payload, crc, gap, close, producer, count }: Batch): WireBatch {
  return { length: bytes.length, payloadLength: payload.length, crc, gap, close, producer, count };
}
