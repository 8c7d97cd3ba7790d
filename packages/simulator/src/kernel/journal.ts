import { createHash } from 'node:crypto';

/** Lines that are kept to be shown; the hash covers all. */
const linesMax = 5_000;

/** What happened in a run, in order. Two runs are the same when their hashes are. */
export class Journal {
  readonly #nowMs: () => number;
  readonly #hash = createHash('sha256');
  #lines: string[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  note(who: string, what: string): void {
    const line = `${this.#nowMs().toFixed(3).padStart(11)} ${who}: ${what}`;
    this.#hash.update(line).update('\n');
    this.#lines.push(line);
    if (this.#lines.length > 2 * linesMax) this.#lines = this.#lines.slice(-linesMax);
  }

  /** The last lines. */
  tail(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }

  /** SHA-256 over all lines so far, hexadecimal. */
  get hash(): string {
    return this.#hash.copy().digest('hex');
  }
}
