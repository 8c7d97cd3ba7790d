import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { PacketboatError, type SpoolStatus, spoolStatusOf, type World } from '@packetboat/core';
import { fromSqlite } from '../sqlite_error.ts';
import { checkVersion, spoolPath } from './spool_database.ts';
import { decodeState } from './spool_state.ts';

/** Options of {@linkcode readSpoolStatus}. */
export interface ReadSpoolStatusOptions {
  /** The spool's folder. */
  readonly folder: string;
  readonly world: Pick<World, 'crc32'>;
}

/**
 * What a spool knows of itself, as of its last commit. It takes no lock and changes nothing, so it may be asked for
 * while a sensor and a shipper use the spool.
 *
 * @throws {PacketboatError} `notFound`, `storeVersion`, `damaged`, `busy`, `storeFailed`.
 */
export function readSpoolStatus({ folder, world }: ReadSpoolStatusOptions): SpoolStatus {
  const path = spoolPath(folder);
  if (!existsSync(path)) throw new PacketboatError('notFound', `There is no spool in ${folder}`);
  try {
    using database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    checkVersion(database, folder);
    return spoolStatusOf(decodeState(database.prepare('SELECT text, crc FROM state').get(), world.crc32, folder));
  } catch (error) {
    throw fromSqlite(error, `Cannot read the spool ${folder}`);
  }
}
