import type { IncomingMessage, ServerResponse } from 'node:http';
import { PacketboatError } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';

/**
 * Reads a request's body, refusing what is too large before it is buffered. All bodies that are on their way in share
 * one budget, however many connections send them.
 *
 * @throws {PacketboatError} `tooLarge`, `busy`, `unsupportedMediaType` for a `Content-Encoding`, `aborted` when the
 * peer left.
 */
export async function readBody(request: IncomingMessage, response: ServerResponse, broker: Broker): Promise<Buffer> {
  const { bodies, limits } = broker;
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new PacketboatError('unsupportedMediaType', 'Bodies with a Content-Encoding are not taken');
  }
  const { bodyBytesMax } = limits;
  if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) throw tooLarge(bodyBytesMax);
  if (request.headers.expect !== undefined) response.writeContinue();
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const { length } = chunk as Buffer;
      if (bytes + length > bodyBytesMax) throw tooLarge(bodyBytesMax);
      bodies.take(length);
      bytes += length;
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks, bytes);
  } catch (error) {
    if (error instanceof PacketboatError) throw error;
    throw new PacketboatError('aborted', 'The request ended before its body was complete', { cause: error });
  } finally {
    bodies.give(bytes);
  }
}

function tooLarge(bytesMax: number): PacketboatError {
  return new PacketboatError('tooLarge', `The body is over the limit of ${bytesMax} bytes (bodyBytesMax)`);
}
