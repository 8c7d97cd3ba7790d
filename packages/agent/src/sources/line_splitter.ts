/** Cuts bytes into lines, however they arrive (traps T4, T7), and within bounds. */

const newline = 0x0a;

/** A line without its newline, or a piece of a line that is too long to be one. */
export interface SplitLine {
  readonly bytes: Uint8Array;
  readonly tooLong: boolean;
}

/**
 * Takes chunks and yields lines. A line over `lineBytesMax` comes as pieces marked `tooLong`, so that memory stays
 * bounded and nothing of it is lost.
 */
export class LineSplitter {
  readonly #lineBytesMax: number;
  #parts: Uint8Array[] = [];
  #length = 0;
  #inLongLine = false;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The lines that `chunk` completes. The chunk is not to be changed until its lines are done with. */
  *push(chunk: Uint8Array): Generator<SplitLine> {
    for (let at = 0; at < chunk.length; ) {
      const end = chunk.indexOf(newline, at);
      const stop = end === -1 ? chunk.length : end;
      const room = this.#lineBytesMax - this.#length;
      if (stop - at > room) {
        this.#keep(chunk.subarray(at, at + room));
        at += room;
        this.#inLongLine = true;
        yield this.#take();
        continue;
      }
      this.#keep(chunk.subarray(at, stop));
      at = stop + 1;
      if (end !== -1) yield* this.end();
    }
  }

  /** The last line, when what came ended without a newline. */
  *end(): Generator<SplitLine> {
    const line = this.#take();
    if (line.bytes.length > 0) yield line;
    this.#inLongLine = false;
  }

  #keep(bytes: Uint8Array): void {
    // A copy (which a Buffer's `slice` is not): a reader may use its buffer again for the next chunk.
    if (bytes.length > 0) this.#parts.push(new Uint8Array(bytes));
    this.#length += bytes.length;
  }

  #take(): SplitLine {
    const bytes = this.#parts.length === 1 ? (this.#parts[0] ?? new Uint8Array(0)) : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    return { bytes, tooLong: this.#inLongLine };
  }
}

/** The lines of `bytes`; empty ones are left out. */
export function* splitLines(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(newline, at);
    const stop = end === -1 ? bytes.length : end;
    if (stop > at) yield bytes.subarray(at, stop);
    at = stop + 1;
  }
}
