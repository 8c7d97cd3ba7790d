import {
  checkStreamName,
  defaultLimits,
  hex,
  type Limits,
  PacketboatError,
  type Spool,
  type World,
} from '@packetboat/core';
import { type FolderLock, type FolderRole, lockFolder } from '../folder_lock.ts';
import { makeFolder } from '../make_folder.ts';
import { Ballast } from '../store/ballast.ts';
import { type Coarsen, coarsenLevels } from './make_room.ts';
import { createSpoolFile, SpoolDatabase } from './spool_database.ts';
import { Reserve } from './reserve.ts';
import { newSqliteSpoolState } from './spool_state.ts';
import { SqliteSpool } from './sqlite_spool.ts';

/** Options of {@linkcode openSpool}. */
export interface SpoolOptions {
  /** The spool's folder; made when missing. */
  readonly folder: string;
  /** What this process does with it: put in, ship, or both. One process for each. */
  readonly role: 'sensor' | 'shipper' | 'agent';
  /** The stream the spool feeds, for its whole life. */
  readonly stream: string;
  readonly world: World;
  /** Bytes the spool may hold: of each waiting record its payload and 40, of each sealed batch its length. */
  readonly bytesMax: number;
  /**
   * What happens to a put when the spool is full. `block`: it is refused. `gap`: the oldest samples that are not
   * sealed are dropped, and a gap is told. `degrade`: they are made coarser first.
   */
  readonly whenFull: 'block' | 'degrade' | 'gap';
  /**
   * Makes one record of several that follow each other, for `degrade`.
   * @default keep the last of them
   */
  readonly coarsen?: Coarsen;
  /** @default defaultLimits */
  readonly limits?: Limits;
  /**
   * Bytes set aside on the disk, so that a full one can still be shipped from. While they cannot be had, nothing is
   * put in. @default 4_194_304
   */
  readonly ballastBytes?: number;
}

/** Room for what the log may hold that does not fit into the file any more, and for one more batch. */
const ballastBytesDefault = 4_194_304;
/** How long an opener waits for another one, who is making the spool or recovering it. */
const openerWaitMs = 10_000;

/**
 * Opens the spool in a folder, or makes one.
 *
 * @throws {PacketboatError} `storeLocked` when another process has the role, `storeVersion` when a newer version
 * wrote it, `damaged`, `badRequest` when it feeds another stream, `diskFull`, `storeFailed`.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { folder, role, world, limits = defaultLimits, coarsen = keepLast } = options;
  const { bytesMax, whenFull, ballastBytes = ballastBytesDefault } = options;
  const stream = checkStreamName(options.stream, limits.streamNameBytesMax);
  makeFolder(folder);
  const locks: FolderLock[] = [];
  try {
    for (const part of roles[role]) locks.push(lockFolder(folder, part));
    const database = openDatabase(folder, stream, world);
    const policy = { bytesMax, whenFull, coarsen, limits, shared: role !== 'agent' };
    const reserve = new Reserve(new Ballast(folder, ballastBytes), world.clock);
    return new SqliteSpool(folder, world, policy, database, reserve, locks);
  } catch (error) {
    for (const lock of locks) lock.release();
    throw error;
  }
}

const roles: { readonly [Role in SpoolOptions['role']]: readonly FolderRole[] } = {
  sensor: ['sensor'],
  shipper: ['shipper'],
  agent: ['sensor', 'shipper'],
};

function openDatabase(folder: string, stream: string, world: World): SpoolDatabase {
  const opener = lockFolder(folder, 'opener', openerWaitMs);
  try {
    createSpoolFile(folder, newSqliteSpoolState(stream, hex(world.random.bytes(16)), coarsenLevels), world);
    const database = new SpoolDatabase(folder, world);
    const known = database.state().stream;
    if (known === stream) return database;
    database.close();
    throw new PacketboatError('badRequest', `The spool ${folder} feeds the stream ${known}, not ${stream}`);
  } finally {
    opener.release();
  }
}

function keepLast<Item>(items: readonly Item[]): Item {
  const last = items.at(-1);
  if (last === undefined) throw new PacketboatError('internal', 'Broken belief: a bucket is not empty');
  return last;
}
