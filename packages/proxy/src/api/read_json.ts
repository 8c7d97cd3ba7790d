import type { IncomingMessage } from 'node:http';
import { PacketboatError } from '@packetboat/core';

/** Bytes of one request's body (P7). */
const bodyBytesMax = 1_048_576;

/**
 * Reads a request's body as JSON; an empty one is `{}`.
 *
 * @throws {PacketboatError} `tooLarge`, `badRequest`, `aborted` when the caller left.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length;
      if (bytes > bodyBytesMax) throw new PacketboatError('tooLarge', `the body is over ${bodyBytesMax} bytes`);
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    if (error instanceof PacketboatError) throw error;
    throw new PacketboatError('aborted', 'the request ended before its body was complete', { cause: error });
  }
  if (bytes === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks, bytes).toString());
  } catch (error) {
    throw badBody((error as Error).message);
  }
}

/** The body of a request is not what it has to be. */
export function badBody(why: string): PacketboatError {
  return new PacketboatError('badRequest', `bad request body: ${why}`);
}
