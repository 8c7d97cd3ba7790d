/** What is piped in: each line is one record's values, or a whole record (trap T7). */
import type { Readable } from 'node:stream';
import { LineSplitter, type SplitLine } from './line_splitter.ts';
import type { Source, SourceChunk, SourceEntry } from './source.ts';
import { type LineFormat, readLine } from './value_lines.ts';

/** Lines stored as one unit: many short ones are far more bytes than were read. */
const entriesMax = 512;

/** Options of {@linkcode stdinSource}. */
export interface StdinSourceOptions {
  /** What the lines are. @default 'values' */
  readonly format?: LineFormat;
  /** Bytes of one line; longer ones are set aside. @default 65_536 */
  readonly lineBytesMax?: number;
}

/**
 * Reads `input` (`process.stdin`) to its end: LF or CRLF, with or without a last newline; blank lines are nothing.
 * The pipe is read only as fast as lines are stored. What was read and not yet stored is lost with the
 * process: a pipe cannot be read again. A file can: follow it with the source `file`. A stop destroys `input`.
 */
export function stdinSource(input: Readable, options: StdinSourceOptions = {}): Source {
  const { format = 'values', lineBytesMax = 65_536 } = options;
  // A read of a pipe cannot be given up; the pipe can.
  const stop = (): unknown => input.destroy();
  return {
    async *read({ name, signal }) {
      const splitter = new LineSplitter(lineBytesMax);
      function* read(lines: Iterable<SplitLine>): Generator<SourceChunk> {
        let entries: SourceEntry[] = [];
        for (const { bytes, tooLong } of lines) {
          const entry = tooLong ? rejectLong(bytes, lineBytesMax) : readLine(bytes, format, name);
          if (entry !== undefined) entries.push(entry);
          if (entries.length < entriesMax) continue;
          yield { entries };
          entries = [];
        }
        if (entries.length > 0) yield { entries };
      }
      signal.addEventListener('abort', stop);
      try {
        for await (const chunk of input as AsyncIterable<Uint8Array | string>) {
          yield* read(splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
        }
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      } finally {
        signal.removeEventListener('abort', stop);
      }
      yield* read(splitter.end());
    },
  };
}

/** What becomes of a line that is too long, or of a piece of one. */
export function rejectLong(bytes: Uint8Array, lineBytesMax: number): SourceEntry {
  return { kind: 'rejected', bytes, reason: `tooLarge: part of a line over ${lineBytesMax} bytes` };
}
