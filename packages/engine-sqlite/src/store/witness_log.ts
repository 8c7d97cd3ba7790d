import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Crc32 } from '@packetboat/core';
import { decodeWitnessEntries, encodeWitnessEntry, type WitnessEntry } from './witness_entry.ts';

/**
 * The file of the second witness (F15). It is written after each commit and not synced: a process that dies leaves it
 * whole, a power cut takes at most what it also may take from the store's own log.
 */
export class WitnessLog {
  readonly #descriptor: number;
  readonly #crc32: Crc32;
  #bytes: number;

  constructor(folder: string, crc32: Crc32) {
    this.#descriptor = openSync(join(folder, 'witness.log'), constants.O_RDWR | constants.O_CREAT, 0o600);
    this.#crc32 = crc32;
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  /** What was left behind. */
  read(): WitnessEntry[] {
    const bytes = new Uint8Array(this.#bytes);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(this.#descriptor, bytes, at, bytes.length - at, at);
      if (read === 0) break;
      at += read;
    }
    return decodeWitnessEntries(bytes.subarray(0, at), this.#crc32);
  }

  /**
   * Appends an entry. On a full disk it is left out: being behind the store is normal, a torn entry in the middle
   * would hide those that follow.
   */
  append(entry: WitnessEntry): 'written' | 'diskFull' {
    const bytes = encodeWitnessEntry(entry, this.#crc32);
    try {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(this.#descriptor, bytes, at, bytes.length - at, this.#bytes + at);
      }
    } catch (error) {
      ftruncateSync(this.#descriptor, this.#bytes);
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return 'diskFull';
      throw error;
    }
    this.#bytes += bytes.length;
    return 'written';
  }

  /** Forgets everything: a checkpoint has covered it. */
  empty(): void {
    ftruncateSync(this.#descriptor, 0);
    this.#bytes = 0;
  }

  /** Makes what was forgotten stay so: after a power cut, it would speak of a loss that was accepted meanwhile. */
  sync(): void {
    fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
