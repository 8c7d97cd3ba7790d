import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SequenceNumber, SessionIdentity, SessionKeeper } from '@packetboat/client';
import { PacketboatError } from '@packetboat/core';
import { makeFolders } from '@packetboat/core/node';

const numberBytes = 4;
const fileName = 'session';
/** A session's file before it is all there. */
const freshName = /^session\.[0-9a-f-]{36}$/;

/** A session's file, open: it stays that session's, whatever another life does in the folder. */
interface SessionFile {
  readonly descriptor: number;
  /** Where its numbers begin. */
  readonly numbersAt: number;
}

/**
 * What a life of `packetboat sequence` leaves for the next one, in a folder: one file, whose first line says who it is,
 * and then the numbers that it has, four bytes each, so that they can be summed again. A number is written after it was
 * printed: one may be printed twice, none is lost. Two lives in one session write the same bytes to the same place.
 */
export class SequenceState implements SessionKeeper {
  readonly #folder: string;
  readonly #path: string;
  #file: SessionFile | undefined;
  #received: readonly number[] = [];

  /** @throws {Error} of the system, when the folder cannot be used. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, fileName);
    makeFolders(folder, 0o700);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  }

  /** Whether the next life has a session to go on in. */
  get isKept(): boolean {
    return this.#file !== undefined;
  }

  /** The numbers that earlier lives received. */
  get received(): readonly number[] {
    return this.#received;
  }

  async load(): Promise<SessionIdentity | undefined> {
    const descriptor = openIfThere(this.#path);
    if (descriptor === undefined) return undefined;
    const bytes = readFileSync(descriptor);
    const numbersAt = bytes.indexOf('\n') + 1;
    const identity = parseIdentity(bytes.toString('utf8', 0, numbersAt));
    if (identity === undefined) {
      closeSync(descriptor);
      throw new PacketboatError('damaged', `${this.#path} is damaged; delete it to begin anew`);
    }
    this.#file = { descriptor, numbersAt };
    const length = Math.floor((bytes.length - numbersAt) / numberBytes);
    this.#received = Array.from({ length }, (_, index) => bytes.readUInt32BE(numbersAt + index * numberBytes));
    return identity;
  }

  /** @throws {Error} of the system; `EEXIST`: another life that began at the same moment was first. */
  async save(identity: SessionIdentity | undefined): Promise<void> {
    this.#forget();
    if (identity === undefined) return;
    // The end of another life may have taken it.
    makeFolders(this.#folder, 0o700);
    const line = `${JSON.stringify(identity)}\n`;
    const path = `${this.#path}.${randomUUID()}`;
    // Whoever has the token has the session.
    writeFileSync(path, line, { mode: 0o600, flag: 'wx', flush: true });
    try {
      // It is there with all that is in it, or not at all, and never in the place of another.
      linkSync(path, this.#path);
      this.#file = { descriptor: openSync(path, 'r+'), numbersAt: Buffer.byteLength(line) };
    } finally {
      rmSync(path);
    }
  }

  add({ index, value }: SequenceNumber): void {
    if (this.#file === undefined) return;
    const { descriptor, numbersAt } = this.#file;
    const bytes = Buffer.alloc(numberBytes);
    bytes.writeUInt32BE(value);
    writeSync(descriptor, bytes, 0, numberBytes, numbersAt + index * numberBytes);
  }

  /** Leaves nothing of a session that is over, nor of lives that were killed while they saved theirs. */
  close(): void {
    if (this.#file !== undefined) return closeSync(this.#file.descriptor);
    try {
      const left = readdirSync(this.#folder).filter((name) => freshName.test(name));
      for (const name of left) rmSync(join(this.#folder, name), { force: true });
      rmdirSync(this.#folder);
    } catch {
      // A session that goes on is in it, or what is not ours; and an empty folder that stays does no harm.
    }
  }

  /** Its session is over. What another life keeps there by now is left alone. */
  #forget(): void {
    if (this.#file === undefined) return;
    const { descriptor } = this.#file;
    const isOurs = statSync(this.#path, { throwIfNoEntry: false })?.ino === fstatSync(descriptor).ino;
    if (isOurs) rmSync(this.#path);
    closeSync(descriptor);
    this.#file = undefined;
    this.#received = [];
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseIdentity(line: string): SessionIdentity | undefined {
  try {
    const { session, token } = Object(JSON.parse(line)) as Readonly<Record<string, unknown>>;
    return typeof session === 'string' && typeof token === 'string' ? { session, token } : undefined;
  } catch {
    return undefined;
  }
}
