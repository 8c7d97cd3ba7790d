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
 * section 9.1), or one record of any other type; an empty body holds none. Their time is now.
 *
 * @returns undefined when there is nothing to append: no record, and nothing is closed.
 * @throws {PacketboatError} `badJson`, `tooLarge`
 */
export function sealBody(
  { world, limits }: Broker,
  { body, contentType, close, producer }: BodyToSeal,
): Batch | undefined {
  const pieces = body.length === 0 ? [] : isJson(contentType) ? jsonElements(body, limits) : [body];
  if (pieces.length === 0 && !close) return undefined;
  const timeNs = world.clock.wallNs();
  const records = pieces.map((bytes) => ({ timeNs, bytes }));
  const sealed = sealBatch({ records, close, ...(producer !== undefined && { producer }) }, world.crc32);
  return openBatch(sealed, 0, world.crc32, limits);
}
