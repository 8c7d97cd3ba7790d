import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PacketboatError } from '@packetboat/core';
import { blobNames, blobPath } from '../blobs/file_blobs.ts';
import { makeFolder, syncFolder } from '../make_folder.ts';

/** Brings a file that is written to stable storage. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Bytes of all blobs in `folder`. */
export function blobBytes(folder: string): number {
  let bytes = 0;
  for (const { from } of blobFiles(folder)) bytes += statSync(from, { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

/**
 * Copies all blobs, comparing each with its name.
 *
 * @param onBytes Told how many bytes were copied so far.
 * @throws {PacketboatError} `damaged`
 */
export async function copyBlobs(folder: string, to: string, onBytes: (bytes: number) => void): Promise<void> {
  let bytes = 0;
  makeFolder(to);
  for (const { name, from } of blobFiles(folder)) {
    const target = blobPath(to, name) ?? to;
    makeFolder(dirname(target));
    bytes += await copyBlob(name, from, target);
    syncFolder(dirname(target));
    onBytes(bytes);
  }
}

async function copyBlob(name: string, from: string, to: string): Promise<number> {
  if (!existsSync(from)) return 0; // deleted meanwhile
  const hash = createHash('sha256');
  const source = await open(from, 'r');
  const target = await open(to, 'wx', 0o600);
  try {
    for await (const chunk of source.createReadStream({ autoClose: false })) {
      hash.update(chunk as Uint8Array);
      await target.writeFile(chunk as Uint8Array);
    }
    if (hash.digest('hex') !== name) throw new PacketboatError('damaged', `Blob ${name} has another SHA-256`);
    await target.sync();
    return (await target.stat()).size;
  } finally {
    await source.close();
    await target.close();
  }
}

function* blobFiles(folder: string): Generator<{ name: string; from: string }> {
  if (!existsSync(folder)) return;
  for (const name of blobNames(folder)) yield { name, from: blobPath(folder, name) ?? folder };
}
