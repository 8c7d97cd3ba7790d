/**
 * Blobs as files named by their content: `<store>/blobs/ab/cd/abcd…`. A file gets its name only when its bytes are on
 * stable storage, so a name always stands for whole bytes, whenever the power fails.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assert, type Blobs, hex, PacketboatError, quoted, type World } from '@packetboat/core';

const chunkBytes = 65_536;
const temporaryFolder = 'temporary';

/** Where the store in `storeFolder` keeps its blobs. */
export function blobsFolder(storeFolder: string): string {
  return join(storeFolder, 'blobs');
}

/**
 * Opens the blobs of the store in `storeFolder` and removes what interrupted puts left behind.
 * One process at a time: the store's folder lock sees to that.
 */
export function openBlobs(storeFolder: string, world: World): Blobs {
  const folder = blobsFolder(storeFolder);
  const temporary = join(folder, temporaryFolder);
  mkdirSync(temporary, { recursive: true });
  for (const name of readdirSync(temporary)) rmSync(join(temporary, name), { force: true });
  return new FileBlobs(folder, world);
}

/** Where the blob `sha256` lies, or `undefined` when that is no blob's name. */
export function blobPath(folder: string, sha256: string): string | undefined {
  if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  return join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
}

/** Names of all blobs in `folder`, one directory at a time. */
export function* blobNames(folder: string): Generator<string> {
  for (const first of subfolders(folder)) {
    for (const second of subfolders(join(folder, first))) {
      for (const name of readdirSync(join(folder, first, second)).toSorted()) {
        if (blobPath('', name) === join(first, second, name)) yield name;
      }
    }
  }
}

function subfolders(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .toSorted();
}

class FileBlobs implements Blobs {
  readonly #folder: string;
  readonly #world: World;
  /** Set when a sync failed: what the system holds may not be on the disk, and nothing is stored any more (P8). */
  #failure: PacketboatError | undefined;

  constructor(folder: string, world: World) {
    this.#folder = folder;
    this.#world = world;
  }

  async put(body: AsyncIterable<Uint8Array>): Promise<{ sha256: string; bytes: number }> {
    this.#assertSound();
    const temporary = join(this.#folder, temporaryFolder, hex(this.#world.random.bytes(16)));
    try {
      const { sha256, bytes } = await this.#write(temporary, body);
      await this.#give(temporary, sha256);
      return { sha256, bytes };
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {}); // the next start sweeps what stays
      throw error;
    }
  }

  async stat(sha256: string): Promise<{ bytes: number } | undefined> {
    const path = blobPath(this.#folder, sha256);
    const found = path === undefined ? undefined : await ifThere(stat(path));
    return found === undefined ? undefined : { bytes: found.size };
  }

  /**
   * A whole read is compared with the name. Its last chunk is held back until then, so that nobody receives all
   * bytes of a blob that is not what its name says.
   */
  async *read(sha256: string, from: number, to: number): AsyncGenerator<Uint8Array> {
    const path = blobPath(this.#folder, sha256);
    const file = path === undefined ? undefined : await ifThere(open(path, 'r'));
    if (file === undefined) throw new PacketboatError('notFound', `There is no blob ${quoted(sha256)}`);
    try {
      const { size } = await onDisk(file.stat());
      if (!(from >= 0 && from <= to && to <= size)) {
        throw new PacketboatError('offsetOutOfRange', `Bytes ${from} … ${to} do not lie in 0 … ${size}`);
      }
      const hash = from === 0 && to === size ? createHash('sha256') : undefined;
      let held: Uint8Array | undefined;
      for (let at = from; at < to; at += held.length) {
        if (held !== undefined) yield held;
        held = await readChunk(file, at, Math.min(chunkBytes, to - at), sha256);
        hash?.update(held);
      }
      if (hash !== undefined && hash.digest('hex') !== sha256) throw damaged(sha256, 'its bytes have another SHA-256');
      if (held !== undefined) yield held;
    } finally {
      await file.close();
    }
  }

  async delete(sha256: string): Promise<'deleted' | 'notFound'> {
    this.#assertSound();
    const path = blobPath(this.#folder, sha256);
    if (path === undefined || (await ifThere(rm(path).then(() => true))) === undefined) return 'notFound';
    await this.#syncFolder(dirname(path));
    return 'deleted';
  }

  async #write(path: string, body: AsyncIterable<Uint8Array>): Promise<{ sha256: string; bytes: number }> {
    const hash = createHash('sha256');
    let bytes = 0;
    const file = await onDisk(open(path, 'wx', 0o600));
    try {
      for await (const chunk of body) {
        hash.update(chunk);
        bytes += chunk.length;
        await onDisk(file.writeFile(chunk)); // goes on where the last one ended, and never writes short
      }
      await this.#sync(file);
    } finally {
      await file.close();
    }
    return { sha256: hash.digest('hex'), bytes };
  }

  /**
   * Gives the synced file its name. A file that has it already is replaced: by the same bytes, or it is healed.
   * The folders above are synced every time, because whoever just created one may not have come to that yet.
   */
  async #give(temporary: string, sha256: string): Promise<void> {
    const path = blobPath(this.#folder, sha256);
    assert(path !== undefined, `${sha256} names a blob`);
    const inner = dirname(path);
    await onDisk(mkdir(inner, { recursive: true }));
    await onDisk(rename(temporary, path));
    await this.#syncFolder(inner);
    await this.#syncFolder(dirname(inner));
    await this.#syncFolder(this.#folder);
  }

  async #syncFolder(path: string): Promise<void> {
    const folder = await onDisk(open(path, 'r'));
    try {
      await this.#sync(folder);
    } finally {
      await folder.close();
    }
  }

  /** A failed sync is final: the system may have dropped the bytes and would call the next sync a success (F3). */
  async #sync(file: FileHandle): Promise<void> {
    try {
      await file.sync();
    } catch (cause) {
      this.#failure = new PacketboatError('storeFailed', `A sync in ${this.#folder} failed: ${String(cause)}`, {
        cause,
      });
      throw this.#failure;
    }
  }

  #assertSound(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

async function readChunk(file: FileHandle, at: number, bytes: number, sha256: string): Promise<Uint8Array> {
  const { buffer, bytesRead } = await onDisk(file.read(new Uint8Array(bytes), 0, bytes, at));
  if (bytesRead === 0) throw damaged(sha256, `it ends at byte ${at}`);
  return buffer.subarray(0, bytesRead);
}

/** What `work` on a file gives, with our codes on its errors. */
async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const full = hasCode(cause, 'ENOSPC') || hasCode(cause, 'EDQUOT');
    throw new PacketboatError(full ? 'diskFull' : 'storeFailed', `Cannot store or read a blob: ${String(cause)}`, {
      cause,
    });
  }
}

/** As {@linkcode onDisk}, and `undefined` when there is no such file. */
async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await onDisk(work);
  } catch (error) {
    if (error instanceof PacketboatError && hasCode(error.cause, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function damaged(sha256: string, why: string): PacketboatError {
  return new PacketboatError('damaged', `Blob ${sha256} is damaged: ${why}`);
}
