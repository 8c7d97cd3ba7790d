import type { IncomingMessage, ServerResponse } from 'node:http';
import { PacketboatError } from '@packetboat/core';

/**
 * Reads a request's body, refusing what is too large before it is buffered.
 *
 * @throws {PacketboatError} `tooLarge`, `unsupportedMediaType` for a `Content-Encoding`, `aborted` when the peer left.
 */
export async function readBody(request: IncomingMessage, response: ServerResponse, bytesMax: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new PacketboatError('unsupportedMediaType', 'Bodies with a Content-Encoding are not taken');
  }
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  if (request.headers.expect !== undefined) response.writeContinue();
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    if (error instanceof PacketboatError) throw error;
    throw new PacketboatError('aborted', 'The request ended before its body was complete', { cause: error });
  }
  return Buffer.concat(chunks, bytes);
}

function tooLarge(bytesMax: number): PacketboatError {
  return new PacketboatError('tooLarge', `The body is over the limit of ${bytesMax} bytes (bodyBytesMax)`);
}
