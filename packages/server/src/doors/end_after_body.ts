import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Limits, Timers } from '@packetboat/core';

/** What {@linkcode endAfterBody} needs. */
export interface EndAfterBodyOptions {
  readonly timers: Timers;
  readonly limits: Pick<Limits, 'refusedBodyBytesMax' | 'refusedBodyMs'>;
}

/**
 * Ends an answer that was written before its request's body had come. A socket that is closed while bytes arrive is
 * reset, and many senders then never read why: so what arrives is thrown away until they have stopped, for a while.
 */
export function endAfterBody(
  request: IncomingMessage,
  response: ServerResponse,
  { timers, limits }: EndAfterBodyOptions,
): void {
  if (request.complete || request.destroyed) {
    response.end();
    return;
  }
  let bytes = 0;
  const timer = timers.after(limits.refusedBodyMs, () => response.end());
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limits.refusedBodyBytesMax) response.end();
  });
  request.once('end', () => response.end());
  response.once('close', () => timer.cancel());
}
