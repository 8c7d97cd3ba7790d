import { type Batch, isJson, jsonElements, openBatch, type ProducerPosition, sealBatch } from '@packetboat/core';
import type { Broker } from '../../broker/broker.ts';

/** What {@linkcode sealBody} makes a batch of. */
export interface BodyToSeal {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly close: boolean;
  readonly producer?: ProducerPosition | undefined;
}

/**
 * Makes a batch of a request's body: the elements of a JSON text, each in its own bytes (Durable Streams protocol,
 * section 9.1), or one record of any other type, more where it is larger than a record may be, for such streams are
 * bytes without borders; an empty body holds none. Their time is now.
 *
 * @returns undefined when there is nothing to append: no record, and nothing is closed.
 * @throws {PacketboatError} `badJson`, `tooLarge`
 */
export function sealBody(
  { world, limits }: Broker,
  { body, contentType, close, producer }: BodyToSeal,
): Batch | undefined {
  const isArray = isJson(contentType) && body.length > 0;
  const pieces = isArray ? jsonElements(body, limits) : slices(body, limits.recordBytesMax);
  if (pieces.length === 0 && !close) return undefined;
  const timeNs = world.clock.wallNs();
  const records = pieces.map((bytes) => ({ timeNs, bytes }));
  const sealed = sealBatch({ records, close, ...(producer !== undefined && { producer }) }, world.crc32);
  return openBatch(sealed, 0, world.crc32, limits);
}

/** Parts of at most so many bytes; no character of a UTF-8 text is in two of them. */
function slices(bytes: Uint8Array, bytesMax: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = Math.min(at + bytesMax, bytes.length);
    for (let back = 0; back < 3 && end > at + 1 && isInside(bytes[end]); back++) end -= 1;
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  return parts;
}

/** Whether a byte continues a character of UTF-8. */
function isInside(byte: number | undefined): boolean {
  return byte !== undefined && byte >> 6 === 0b10;
}
