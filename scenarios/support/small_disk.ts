/** A small disk of its own, in memory, that can be filled up and emptied. Needs root. */
import { execFile } from 'node:child_process';
import { constants, type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const command = promisify(execFile);

/** Why there can be no small disk here, or `undefined` when there can. */
export function noSmallDisks(): string | undefined {
  return process.platform === 'linux' && process.getuid?.() === 0 ? undefined : 'mounting a small disk needs root';
}

export class SmallDisk implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Mounts a disk of `bytes` at `path`. */
  static async mount(path: string, bytes: number): Promise<SmallDisk> {
    await mkdir(path);
    await command('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'packetboat-test', path]);
    return new SmallDisk(path);
  }

  /** Takes all room that is left. */
  async fill(): Promise<void> {
    const file = await open(this.#filler, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND);
    try {
      await writeUntilFull(file);
    } finally {
      await file.close();
    }
  }

  /** Gives back what `fill` took. */
  async empty(): Promise<void> {
    await rm(this.#filler, { force: true });
  }

  get #filler(): string {
    return join(this.path, 'filler');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await command('umount', [this.path]);
  }
}

async function writeUntilFull(file: FileHandle): Promise<void> {
  const bytes = Buffer.alloc(65_536);
  try {
    for (;;) await file.write(bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
