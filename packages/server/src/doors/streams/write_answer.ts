import type { ServerResponse } from 'node:http';
import { PacketboatError, type Timers } from '@packetboat/core';
import type { StreamAnswer } from './stream_request.ts';

/** Options of {@linkcode writeAnswer}. */
export interface WriteAnswerOptions {
  readonly timers: Timers;
  /** A peer that takes nothing for so long is given up. */
  readonly slowReaderMs: number;
  /** Writes the head only. */
  readonly bodiless: boolean;
}

/** What is handed to the socket at a time: taking it within `slowReaderMs` is progress. */
const pieceBytes = 65_536;

/**
 * Writes an answer as fast as its reader takes it: what is made on the way is asked for only when all before it has left,
 * so that an unread answer holds one piece (FAILURES section 5). Settles when it is written or the peer has left.
 *
 * @throws {PacketboatError} `slowReader`, after the connection was closed.
 */
export async function writeAnswer(
  response: ServerResponse,
  { status, headers, body = [] }: StreamAnswer,
  options: WriteAnswerOptions,
): Promise<void> {
  if (options.bodiless) {
    response.writeHead(status, headers).end();
    return;
  }
  const stored = Symbol.iterator in body ? joined(body) : undefined;
  if (stored === undefined) response.writeHead(status, headers).flushHeaders();
  else if (status === 204 || status === 304) response.writeHead(status, headers);
  else response.writeHead(status, { ...headers, 'Content-Length': stored.length });
  try {
    for await (const bytes of stored === undefined ? body : [stored]) {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        if (!response.write(bytes.subarray(at, at + pieceBytes))) await progress(response, 'drain', options);
        if (response.destroyed) return;
      }
    }
    response.end();
    await progress(response, 'finish', options);
  } catch (error) {
    // The answer has begun: all that can still be told is that it is cut.
    response.destroy();
    throw error;
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only, ...more] = pieces;
  return only !== undefined && more.length === 0 ? only : Buffer.concat(pieces);
}

/** Waits until what was written has left, or the peer has. */
function progress(
  response: ServerResponse,
  event: 'drain' | 'finish',
  { timers, slowReaderMs }: WriteAnswerOptions,
): Promise<void> {
  if (response.destroyed || response.writableFinished) return Promise.resolve();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = timers.after(slowReaderMs, () => {
    reject(new PacketboatError('slowReader', `The reader took nothing for ${slowReaderMs} ms (slowReaderMs)`));
  });
  response.once(event, resolve);
  response.once('close', resolve);
  return promise.finally(() => {
    timer.cancel();
    response.off(event, resolve);
    response.off('close', resolve);
  });
}
