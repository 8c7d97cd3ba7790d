/**
 * What is no record is set aside, never stored and never acknowledged (A0.6, S0.7): one JSON object a line,
 * `{"line": …}` or `{"base64": …}` with the `reason`, so that a person can mend and import it.
 * After a crash the last letters may stand there twice, and a blank line marks each start.
 */
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Options of {@linkcode DeadLetters}. */
export interface DeadLettersOptions {
  readonly path: string;
  /**
   * Bytes after which the file is renamed to `<path>.1`, replacing an older one (P7): twice as many are kept.
   * @default 8_388_608
   */
  readonly bytesMax?: number;
}

export interface DeadLetter {
  readonly bytes: Uint8Array;
  /** A code and a sentence. */
  readonly reason: string;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A file of dead letters. It is made when the first one comes. */
export class DeadLetters {
  readonly path: string;
  readonly #bytesMax: number;
  #file: FileHandle | undefined;
  #size = 0;
  #count = 0;

  constructor(options: DeadLettersOptions) {
    this.path = options.path;
    this.#bytesMax = options.bytesMax ?? 8_388_608;
  }

  /** How many were set aside by this process. */
  get count(): number {
    return this.#count;
  }

  /** Writes the letters and syncs them: only then may whoever read them forget them. */
  async add(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    if (this.#file !== undefined && this.#size >= this.#bytesMax) {
      await this.close();
      await rename(this.path, `${this.path}.1`);
    }
    this.#file ??= await this.#open();
    const text = letters.map(encodeLetter).join('');
    await this.#file.appendFile(text);
    await this.#file.datasync();
    this.#size += Buffer.byteLength(text);
    this.#count += letters.length;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true });
    const file = await open(this.path, 'a', 0o600);
    this.#size = (await file.stat()).size;
    // A kill in the middle of a letter left no newline: the next one begins on a line of its own.
    if (this.#size > 0) await file.appendFile('\n');
    return file;
  }
}

function encodeLetter({ bytes, reason }: DeadLetter): string {
  let content: { line: string } | { base64: string };
  try {
    content = { line: decoder.decode(bytes) };
  } catch {
    content = { base64: Buffer.from(bytes).toString('base64') };
  }
  return `${JSON.stringify({ reason, ...content })}\n`;
}
