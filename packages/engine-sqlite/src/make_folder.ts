import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { PacketboatError } from '@packetboat/core';
import { makeFolders } from '@packetboat/core/node';

/**
 * Makes a folder, and those above it, so that a power cut does not take them back with what is in them.
 * @throws {PacketboatError} `storeFailed`.
 */
export function makeFolder(folder: string): void {
  try {
    for (const made of makeFolders(folder).toReversed()) syncFolder(dirname(made));
  } catch (cause) {
    throw new PacketboatError('storeFailed', `Cannot make the folder ${folder}: ${String(cause)}`, { cause });
  }
}

/** Brings the names in a folder to stable storage. */
export function syncFolder(folder: string): void {
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
