import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { PacketboatError } from '@packetboat/core';

/**
 * Makes a folder, and those above it, so that a power cut does not take them back with what is in them.
 * @throws {PacketboatError} `storeFailed`.
 */
export function makeFolder(folder: string): void {
  const path = resolve(folder);
  try {
    const topmost = mkdirSync(path, { recursive: true });
    if (topmost === undefined) return;
    for (let made = path; made.length >= topmost.length; made = dirname(made)) syncFolder(dirname(made));
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
