import type { Client, CreateStreamOptions } from '@packetboat/client';
import { PacketboatError, type Timers } from '@packetboat/core';
import { wait } from './wait.ts';

const retryMs = 200;

/**
 * Creates the stream unless it is there. A call that is cut or refused for the moment is made again: whether it took
 * effect is found out so.
 */
export async function ensureStream(
  client: Client,
  timers: Timers,
  stream: string,
  options?: CreateStreamOptions,
): Promise<void> {
  for (;;) {
    try {
      await client.streams.create(stream, options);
      return;
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
    await wait(timers, retryMs);
  }
}

/** Whether the same call may succeed later. */
export function mayPass(error: unknown): boolean {
  return error instanceof PacketboatError && (error.code === 'unreachable' || error.row.retryable);
}
