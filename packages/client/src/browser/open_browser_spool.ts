import { checkStreamName, defaultLimits, hex, type Limits, type Spool, type World } from '@packetboat/core';
import { platformWorld } from '../platform_world.ts';
import type { BrowserPlatform } from './browser_platform.ts';
import { BrowserSpool } from './browser_spool.ts';
import { SpoolDatabase } from './spool_database.ts';

/** Options of {@linkcode openBrowserSpool}. */
export interface BrowserSpoolOptions {
  /** The stream the spool feeds, for its whole life. */
  readonly stream: string;
  /** Which spool of this origin; all pages that give one name share it. @default the stream */
  readonly name?: string;
  /** Bytes the spool may hold: of each waiting record its payload and 40, of each sealed batch its length. @default 50_000_000 */
  readonly bytesMax?: number;
  /**
   * What happens to a put when the spool is full. `block`: it is refused as `spoolFull`. `gap`: the oldest samples that are
   * not sealed are dropped, and a gap is told (P6). @default 'block'
   */
  readonly whenFull?: 'block' | 'gap';
  /** Clock, timers, chance and CRC-32. @default those of the platform */
  readonly world?: World;
  /** @default defaultLimits */
  readonly limits?: Limits;
  /** IndexedDB and what goes with it. @default those of the page */
  readonly platform?: BrowserPlatform;
}

/**
 * Opens a spool in this browser's IndexedDB, or makes one: for `client.outbox`. What is put in is on stable storage
 * (`durability: 'strict'`), and there after a reload, a crash or a power cut.
 *
 * All pages of the origin may put in; one ships, and another one takes over when it is closed. That takes the Web Locks
 * API, which browsers give to pages that come over https or from this machine. Where it is missing the page that came last
 * ships, and an older one's shipping ends with `takenOver`.
 *
 * Browsers may delete what an origin has stored when the disk gets full: ask for `navigator.storage.persist()`.
 *
 * Rejects with `badName`, `badRequest` when the spool feeds another stream, `storeVersion`, `diskFull` and `storeFailed`.
 *
 * @example
 * ```ts
 * import { connect } from '@packetboat/client';
 * import { openBrowserSpool } from '@packetboat/client/browser';
 *
 * const client = await connect(location.origin, { startOffline: true });
 * const spool = await openBrowserSpool({ stream: 'forms/survey' });
 * const outbox = await client.outbox('forms/survey', { spool, create: true });
 * await outbox.publish('an answer');
 * ```
 */
export async function openBrowserSpool(options: BrowserSpoolOptions): Promise<Spool> {
  const { world = platformWorld, limits = defaultLimits, bytesMax = 50_000_000, whenFull = 'block' } = options;
  const platform = options.platform ?? (globalThis as unknown as BrowserPlatform);
  const stream = checkStreamName(options.stream, limits.streamNameBytesMax);
  const name = options.name ?? stream;
  const database = await SpoolDatabase.open(platform, name, stream, hex(world.random.bytes(16)));
  return new BrowserSpool({ name, database, platform, world, limits, bytesMax, whenFull });
}
