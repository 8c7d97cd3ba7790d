import { MemoryStore, type Store } from '@packetboat/core';
import { openStore } from '@packetboat/engine-sqlite';
import type { Logger } from 'pino';
import type { Context } from './context.ts';
import type { ServeOptions } from './serve_options.ts';

/** Opens the store of a server: in `folder`, or in memory when there is none. */
export async function openServerStore(
  { world }: Context,
  folder: string | undefined,
  { walBytesMax, ballastBytes }: ServeOptions,
  logger: Logger,
): Promise<Store> {
  if (folder === undefined) return new MemoryStore({ world });
  return openStore({
    folder,
    world,
    ...(walBytesMax !== undefined && { walBytesMax }),
    ...(ballastBytes !== undefined && { ballastBytes }),
    log: (level, message, details) => logger[level](details ?? {}, message),
  });
}
