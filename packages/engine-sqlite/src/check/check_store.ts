import { createReadStream, existsSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { PacketboatError, type World } from '@packetboat/core';
import { blobNames, blobPath, blobsFolder } from '../blobs/file_blobs.ts';
import { blobBytes } from '../backup/copy_files.ts';
import { lockFolder } from '../folder_lock.ts';
import { connect, databasePath } from '../store/database.ts';
import type { StreamRow } from '../store/stream_row.ts';
import { isBehind, type WitnessedStream } from '../store/witness_entry.ts';
import { WitnessLog } from '../store/witness_log.ts';
import { checkDatabase } from './check_database.ts';
import { type CheckReport, Findings } from './check_report.ts';

/** Options of {@linkcode checkStore}. */
export interface CheckOptions {
  /** The store's folder. No server may use it. */
  readonly folder: string;
  readonly world: Pick<World, 'crc32'>;
  /** Told from time to time how much of how much is done. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** Bytes between two reports of progress. */
const progressBytes = 1_048_576;

/**
 * Verifies everything that a stopped store holds, and changes nothing: SQLite's structure, each row's CRC, each
 * batch's CRC, running checksums, counts, producers, the second witness, and the blobs' hashes.
 *
 * @returns what was looked at and what is wrong; damage is a finding, not an exception.
 * @throws {PacketboatError} `notFound` when there is no store, `storeLocked`, `storeVersion`.
 */
export async function checkStore({ folder, world, onProgress }: CheckOptions): Promise<CheckReport> {
  const path = databasePath(folder);
  if (!existsSync(path)) throw new PacketboatError('notFound', `There is no store in ${folder}`);
  const lock = lockFolder(folder, 'server');
  try {
    const findings = new Findings();
    const progress = new Progress(folder, onProgress);
    const database = open(folder, findings);
    if (database !== undefined) {
      const streams = checkDatabase(database, world.crc32, findings, (bytes) => progress.add(bytes));
      database.close();
      findings.attempt('witness.log', () => checkWitness(folder, world, streams, findings));
    }
    await checkBlobs(blobsFolder(folder), findings, progress);
    progress.end();
    return findings.report();
  } finally {
    lock.release();
  }
}

function open(folder: string, findings: Findings): DatabaseSync | undefined {
  try {
    return connect(folder, 'reader');
  } catch (error) {
    if (!(error instanceof PacketboatError) || error.code !== 'damaged') throw error;
    findings.add('damaged', 'store.db', error.message);
    return undefined;
  }
}

/** A stream that the second witness saw further than it is has lost its newest records (F15). */
function checkWitness(
  folder: string,
  world: Pick<World, 'crc32'>,
  streams: ReadonlyMap<string, StreamRow>,
  findings: Findings,
): void {
  if (!existsSync(join(folder, 'witness.log'))) return;
  const log = new WitnessLog(folder, world.crc32);
  const newest = new Map<number, WitnessedStream>();
  for (const entry of log.read()) for (const witnessed of entry.streams) newest.set(witnessed.number, witnessed);
  log.close();
  for (const witnessed of newest.values()) {
    if (!isBehind(streams.get(witnessed.stream), witnessed)) continue;
    const message = `a commit reached ${witnessed.tail} records, which are not all there`;
    findings.add('dataLossDetected', witnessed.stream, message);
  }
}

async function checkBlobs(folder: string, findings: Findings, progress: Progress): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of blobNames(folder)) {
    findings.blobs += 1;
    const hash = createHash('sha256');
    try {
      for await (const chunk of createReadStream(blobPath(folder, name) ?? folder)) {
        hash.update(chunk as Uint8Array);
        progress.add((chunk as Uint8Array).length);
      }
      if (hash.digest('hex') === name) continue;
      findings.add('damaged', `blob ${name}`, 'its bytes have another SHA-256');
    } catch (error) {
      findings.add('damaged', `blob ${name}`, `it cannot be read: ${String(error)}`);
    }
  }
}

/** Reports progress in steps. */
class Progress {
  readonly #tell: (doneBytes: number, totalBytes: number) => void;
  readonly #totalBytes: number;
  #doneBytes = 0;
  #toldBytes = 0;

  constructor(folder: string, tell: (doneBytes: number, totalBytes: number) => void = () => {}) {
    this.#tell = tell;
    this.#totalBytes = statSync(databasePath(folder)).size + blobBytes(blobsFolder(folder));
  }

  add(bytes: number): void {
    this.#doneBytes = Math.min(this.#doneBytes + bytes, this.#totalBytes);
    if (this.#doneBytes - this.#toldBytes < progressBytes) return;
    this.#toldBytes = this.#doneBytes;
    this.#tell(this.#doneBytes, this.#totalBytes);
  }

  /** The database holds more than records, and some of it is free: at the end everything is done. */
  end(): void {
    this.#tell(this.#totalBytes, this.#totalBytes);
  }
}
