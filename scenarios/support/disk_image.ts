/** A small ext4 file system of its own, whose power can be cut. Needs root, loop devices and xfsprogs. */
import { execFile } from 'node:child_process';
import { access, mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const command = promisify(execFile);

/** Why power cuts cannot be made here, or `undefined` when they can. */
export async function noPowerCuts(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'power cuts need root';
  try {
    await access('/dev/loop-control');
    await command('xfs_io', ['-V']);
    await command('eatmydata', ['true']);
  } catch {
    return 'power cuts need loop devices, xfsprogs and eatmydata';
  }
  return undefined;
}

export class DiskImage implements AsyncDisposable {
  readonly #image: string;
  /** Where the file system is mounted. */
  readonly path: string;

  private constructor(image: string, path: string) {
    this.#image = image;
    this.path = path;
  }

  static async create(folder: string, bytes = 1_073_741_824): Promise<DiskImage> {
    const disk = new DiskImage(join(folder, 'disk.img'), join(folder, 'disk'));
    await writeFile(disk.#image, '');
    await truncate(disk.#image, bytes);
    await command('mkfs.ext4', ['-q', disk.#image]);
    await mkdir(disk.path);
    await disk.#mount();
    return disk;
  }

  async #mount(): Promise<void> {
    await command('mount', ['-o', 'loop', this.#image, this.path]);
  }

  /** Everything not synced is lost; every later write fails until the disk is mounted again. */
  async cutPower(): Promise<void> {
    await command('xfs_io', ['-x', '-c', 'shutdown', this.path]);
  }

  /** Mounts again what reached the disk. */
  async restorePower(): Promise<void> {
    await command('umount', [this.path]);
    await this.#mount();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await command('umount', [this.path]).catch(() => undefined);
  }
}
