/**
 * Follows one file through appends, rotations by rename, and rotations by copy and truncate. It is a machine of
 * small steps: each reads what there is and says where the reading stands; whoever calls decides when to look again.
 *
 * A file is known again by its inode and by the bytes just before the offset. So a copy is found after a
 * truncation, a truncated file that grew again is not taken for the old one, and a reused inode does not deceive.
 *
 * What it cannot know: lines written to a file that is gone (deleted or compressed) before they were read, and
 * a file truncated and filled again with the very same bytes. A lost file is told as a problem.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Crc32 } from '@packetboat/core';
import { type FileMark, fingerprintBytes } from './file_mark.ts';
import { earlierGenerations } from './rotation.ts';

const newline = 0x0a;
/** Each line becomes a record with name and time: many short ones are far more bytes than were read. */
const linesPerStepMax = 512;

/** What one step read: complete lines, or a piece of a line that is none. */
export interface FileStep {
  /** Whole lines, each with its newline; or one piece. */
  readonly bytes: Uint8Array;
  /** Why the piece is not a line; `undefined` for lines. */
  readonly piece: 'tooLong' | 'torn' | undefined;
  readonly mark: FileMark;
}

/** Options of {@linkcode FileFollower}. */
export interface FileFollowerOptions {
  readonly path: string;
  /** Where an earlier life stood. */
  readonly mark: FileMark | undefined;
  readonly lineBytesMax: number;
  readonly crc32: Crc32;
  readonly problem: (message: string) => void;
}

const noMark: FileMark = Object.freeze({ inode: '', offset: 0, fingerprint: 0, inLongLine: false });

export class FileFollower {
  readonly #options: FileFollowerOptions;
  #mark: FileMark;
  #handle: FileHandle | undefined;
  /** Whether the writer was seen to have moved on to a new file: what is there now is all there will be. */
  #writerLeft = false;

  constructor(options: FileFollowerOptions) {
    this.#options = options;
    this.#mark = options.mark ?? noMark;
  }

  /** Reads on. `undefined` when there is nothing to read now. */
  async step(): Promise<FileStep | undefined> {
    while (true) {
      this.#handle ??= await this.#find();
      if (this.#handle === undefined) return undefined;
      const found = await this.#read(this.#handle);
      if (found === 'changed') {
        await this.close();
      } else if (found !== undefined) {
        return found;
      } else if (this.#writerLeft) {
        const torn = await this.#readTorn(this.#handle);
        if (torn !== undefined) return torn;
        if (!(await this.#moveOn(this.#handle))) return undefined;
      } else {
        this.#writerLeft = await this.#hasWriterLeft(this.#handle);
        if (!this.#writerLeft) return undefined;
      }
    }
  }

  /** Complete lines behind the offset, or a full piece of a long one. `changed` when this is not the file it was. */
  async #read(handle: FileHandle): Promise<FileStep | 'changed' | undefined> {
    const { offset, inLongLine } = this.#mark;
    const bytes = await this.#readOn(handle, this.#options.lineBytesMax + 1);
    if (bytes === undefined) return 'changed';
    if (inLongLine) {
      const end = bytes.indexOf(newline);
      const length = end === -1 ? bytes.length : end + 1;
      if (length === 0) return undefined;
      return this.#advance(handle, bytes.subarray(0, length), 'tooLong', end === -1);
    }
    const end = endOfLines(bytes);
    if (end > 0) return this.#advance(handle, bytes.subarray(0, end), undefined, false);
    if (bytes.length <= this.#options.lineBytesMax) return undefined;
    this.#options.problem(`A line at byte ${offset} of ${this.#options.path} is too long: set aside`);
    return this.#advance(handle, bytes, 'tooLong', true);
  }

  /** What follows the last newline of a file that nobody writes to any more. */
  async #readTorn(handle: FileHandle): Promise<FileStep | undefined> {
    const bytes = await this.#readOn(handle, this.#options.lineBytesMax);
    if (bytes === undefined || bytes.length === 0) return undefined;
    return this.#advance(handle, bytes, 'torn', false);
  }

  /** Up to `length` bytes from the offset on, if what stands before it is what was read: one read shows both. */
  async #readOn(handle: FileHandle, length: number): Promise<Uint8Array | undefined> {
    const { offset, fingerprint } = this.#mark;
    const before = Math.min(offset, fingerprintBytes);
    const buffer = new Uint8Array(before + length);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset - before);
    if (bytesRead < before || this.#options.crc32(buffer.subarray(0, before)) !== fingerprint) return undefined;
    return buffer.subarray(before, bytesRead);
  }

  async #advance(
    handle: FileHandle,
    bytes: Uint8Array,
    piece: FileStep['piece'],
    inLongLine: boolean,
  ): Promise<FileStep> {
    this.#mark = await this.#markAt(handle, this.#mark.offset + bytes.length, inLongLine);
    return { bytes, piece, mark: this.#mark };
  }

  async #markAt(handle: FileHandle, offset: number, inLongLine: boolean): Promise<FileMark> {
    const before = new Uint8Array(Math.min(offset, fingerprintBytes));
    const { bytesRead } = await handle.read(before, 0, before.length, offset - before.length);
    const fingerprint = this.#options.crc32(before.subarray(0, bytesRead));
    return { inode: await inodeOf(handle), offset, fingerprint, inLongLine };
  }

  /** Opens the file in which the reading goes on. */
  async #find(): Promise<FileHandle | undefined> {
    const { path, problem } = this.#options;
    if (this.#mark === noMark) return this.#begin();
    const earlier = await generationsOf(path);
    // The same file first, whatever its name now; then a copy of it, which a truncation leaves behind.
    for (const sameInode of [true, false]) {
      for (const candidate of [path, ...earlier.toReversed()]) {
        const handle = await openIfThere(candidate);
        if (handle === undefined) continue;
        const same = (await inodeOf(handle)) === this.#mark.inode;
        if (same === sameInode && (await this.#readOn(handle, 0)) !== undefined) return handle;
        await handle.close();
      }
    }
    const handle = await this.#begin();
    if (handle === undefined) return undefined;
    problem(`What was read of ${path} is gone: the reading begins at its start; lines never read may be missing`);
    return handle;
  }

  async #begin(): Promise<FileHandle | undefined> {
    const handle = await openIfThere(this.#options.path);
    if (handle !== undefined) this.#mark = await this.#markAt(handle, 0, false);
    return handle;
  }

  /**
   * True when another file stands under the name and a line was written to it: then the writer has left this one. Until
   * that line is there to be read, this file is where the reading stands.
   */
  async #hasWriterLeft(handle: FileHandle): Promise<boolean> {
    const there = await openIfThere(this.#options.path);
    if (there === undefined) return false;
    try {
      if ((await inodeOf(there)) === (await inodeOf(handle))) return false;
      const start = new Uint8Array(this.#options.lineBytesMax + 1);
      const { bytesRead } = await there.read(start, 0, start.length, 0);
      return bytesRead === start.length || start.includes(newline);
    } finally {
      await there.close();
    }
  }

  /**
   * Goes on to the next generation: usually the file under the name, or one rotated away since. False when the files
   * were renamed between two looks: look again later.
   */
  async #moveOn(handle: FileHandle): Promise<boolean> {
    const { path } = this.#options;
    const inode = await inodeOf(handle);
    const files: { path: string; inode: string | undefined }[] = [];
    for (const candidate of [...(await generationsOf(path)), path]) {
      files.push({ path: candidate, inode: await inodeIfThere(candidate) });
    }
    // Not among them: it was deleted or compressed meanwhile, and the file under the name is next.
    const at = files.findIndex((file) => file.inode === inode);
    const next = at === -1 ? files.at(-1) : files[at + 1];
    const nextHandle = next === undefined ? undefined : await openIfThere(next.path);
    if (nextHandle === undefined) return false;
    if ((await inodeOf(nextHandle)) !== next?.inode) {
      await nextHandle.close();
      return false;
    }
    await this.close();
    this.#handle = nextHandle;
    this.#mark = await this.#markAt(nextHandle, 0, false);
    return true;
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    this.#writerLeft = false;
    await handle?.close();
  }
}

/** Where the complete lines end, of which one step reads only so many. */
function endOfLines(bytes: Uint8Array): number {
  let end = 0;
  for (let count = 0; count < linesPerStepMax; count++) {
    const next = bytes.indexOf(newline, end);
    if (next === -1) break;
    end = next + 1;
  }
  return end;
}

async function generationsOf(path: string): Promise<string[]> {
  return (await ifThere(earlierGenerations(path))) ?? [];
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return ifThere(open(path, 'r'));
}

async function inodeIfThere(path: string): Promise<string | undefined> {
  return (await ifThere(stat(path, { bigint: true })))?.ino.toString();
}

async function inodeOf(handle: FileHandle): Promise<string> {
  return (await handle.stat({ bigint: true })).ino.toString();
}

async function ifThere<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
