import { setTimeout as pause } from 'node:timers/promises';
import { DiskImage } from '../support/disk_image.ts';
import { type Load, startLoad, verifyLoad } from '../support/load.ts';
import { type Running, serve } from '../support/packetboat.ts';
import { seeded } from '../support/seeded.ts';

/** Options of {@linkcode powerCuts}. */
export interface PowerCutOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly folder: string;
  /** A command in front of the server: `['eatmydata']` takes its syncs away. @default none */
  readonly wrapper?: readonly string[];
  readonly onRound?: (round: number, acknowledged: number, stored: number) => void;
}

/**
 * Cuts the power of the store's file system under eight producers, again and again (F1). After every cut the
 * server is started on what the disk kept, and everything acknowledged before the cut is counted.
 *
 * @returns how many records were acknowledged over all rounds.
 */
export async function powerCuts(options: PowerCutOptions): Promise<number> {
  const random = seeded(options.seed);
  await using disk = await DiskImage.create(options.folder);
  const wrapped = options.wrapper === undefined ? {} : { wrapper: options.wrapper };
  let acknowledged = 0;
  for (let round = 1; round <= options.rounds; round++) {
    const server = await serve(`${disk.path}/data`, [], wrapped);
    const load = await startLoad(server.url, { producers: 8, inFlightMax: 100, prefix: `round-${round}` });
    await pause(200 + random() * 800);
    await disk.cutPower();
    await ended(server);
    await load.abandon();
    await disk.restorePower();
    const again = await serve(`${disk.path}/data`);
    const stored = await countStored(again, load);
    acknowledged += load.acknowledged();
    options.onRound?.(round, load.acknowledged(), stored);
  }
  return acknowledged;
}

async function countStored(server: Running & { url: string }, load: Load): Promise<number> {
  try {
    return await verifyLoad(server.url, load.progress);
  } finally {
    await server.end('SIGKILL');
  }
}

/** The server notices the dead disk by itself (P8); one that does not write is ended. */
async function ended(server: Running): Promise<void> {
  const patience = new AbortController();
  const timeout = pause(3_000, 'timeout' as const, { signal: patience.signal }).catch(() => 'ended' as const);
  if ((await Promise.race([server.exited, timeout])) === 'timeout') await server.end('SIGKILL');
  patience.abort();
}
