import {
  closeSync,
  constants,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SequenceNumber, SessionIdentity, SessionKeeper } from '@packetboat/client';
import { PacketboatError } from '@packetboat/core';
import { makeFolders } from '@packetboat/core/node';

const numberBytes = 4;
const pieceBytes = 65_536;

/**
 * What a life of `packetboat sequence` leaves for the next one, in a folder of its own: who it is, and the numbers that it
 * has, so that they can be summed again. A number is written after it was printed: one may be printed twice, none is lost.
 */
export class SequenceState implements SessionKeeper {
  readonly #folder: string;
  readonly #sessionPath: string;
  readonly #numbers: number;
  #session: string | undefined;

  /** @throws {Error} of the system, when the folder cannot be used. */
  constructor(folder: string) {
    this.#folder = folder;
    makeFolders(folder, 0o700);
    this.#sessionPath = join(folder, 'session.json');
    this.#numbers = openSync(join(folder, 'numbers'), constants.O_RDWR | constants.O_CREAT, 0o600);
  }

  async load(): Promise<SessionIdentity | undefined> {
    const identity = readIdentity(this.#sessionPath);
    this.#session = identity?.session;
    return identity;
  }

  async save(identity: SessionIdentity | undefined): Promise<void> {
    // First, because numbers of another session must never be found beside this one.
    if (identity?.session !== this.#session) ftruncateSync(this.#numbers);
    this.#session = identity?.session;
    if (identity === undefined) return rmSync(this.#sessionPath, { force: true });
    // Whoever has the token has the session.
    writeFileSync(`${this.#sessionPath}.new`, JSON.stringify(identity), { mode: 0o600 });
    renameSync(`${this.#sessionPath}.new`, this.#sessionPath);
  }

  /** The numbers that earlier lives received. */
  *received(): Generator<number> {
    const piece = Buffer.alloc(pieceBytes);
    for (let at = 0; ; at += pieceBytes) {
      const length = readSync(this.#numbers, piece, 0, pieceBytes, at);
      for (let from = 0; from + numberBytes <= length; from += numberBytes) yield piece.readUInt32BE(from);
      if (length < pieceBytes) return;
    }
  }

  add({ index, value }: SequenceNumber): void {
    const bytes = Buffer.alloc(numberBytes);
    bytes.writeUInt32BE(value);
    writeSync(this.#numbers, bytes, 0, numberBytes, index * numberBytes);
  }

  /** Leaves nothing of a session that is over. */
  close(): void {
    closeSync(this.#numbers);
    if (this.#session === undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

function readIdentity(path: string): SessionIdentity | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { session, token } = parse(path, text);
  if (typeof session === 'string' && typeof token === 'string') return { session, token };
  throw damaged(path);
}

function parse(path: string, text: string): { readonly session?: unknown; readonly token?: unknown } {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    throw damaged(path);
  }
}

function damaged(path: string): PacketboatError {
  return new PacketboatError('damaged', `${path} is damaged; delete it to begin anew`);
}
