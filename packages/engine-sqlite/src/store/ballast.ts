import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const blockBytes = 1_048_576;

/**
 * A file of no use but its size: on a full disk it is given up, so that start, trim, cursors and checkpoints still
 * have room (P8). While it is whole, the store takes appends.
 */
export class Ballast {
  readonly #path: string;
  readonly #bytes: number;

  constructor(folder: string, bytes: number) {
    this.#path = join(folder, 'ballast');
    this.#bytes = bytes;
  }

  /** Makes sure it is whole. @returns whether there was room for it. */
  take(): boolean {
    const held = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    if (held === this.#bytes) return true;
    // Not zeros: a file system may store those without taking room.
    const block = new Uint8Array(blockBytes).map((_, index) => (index * 2_654_435_761) >>> 24);
    const descriptor = openSync(this.#path, 'w', 0o600);
    try {
      for (let at = 0; at < this.#bytes; ) {
        at += writeSync(descriptor, block, 0, Math.min(blockBytes, this.#bytes - at), at);
      }
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      this.release();
      return false;
    } finally {
      closeSync(descriptor);
    }
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }
}
