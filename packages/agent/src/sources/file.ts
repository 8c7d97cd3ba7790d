/** A followed file: each line that is appended is one record's values, or a whole record. */
import { dirname, resolve } from 'node:path';
import { FileFollower, type FileStep } from './file_follower.ts';
import { decodeFileMark, encodeFileMark } from './file_mark.ts';
import { FolderWatch } from './folder_watch.ts';
import { splitLines } from './line_splitter.ts';
import type { Source, SourceEntry } from './source.ts';
import { rejectLong } from './stdin.ts';
import { type LineFormat, readLine } from './value_lines.ts';

/** Options of {@linkcode fileSource}. */
export interface FileSourceOptions {
  readonly path: string;
  /** What the lines are. @default 'values' */
  readonly format?: LineFormat;
  /** Bytes of one line; longer ones are set aside. @default 65_536 */
  readonly lineBytesMax?: number;
  /** How often the file is looked at where the system tells of no change. @default 1_000 */
  readonly pollMs?: number;
}

/**
 * Follows the file from its first line on, through rotations (see `FileFollower`) and restarts. Each line is stored
 * once: the place in the file goes into the spool with the records. The file need not exist yet (S0.11). A last
 * line without its newline waits for it; when its file is rotated away it is set aside as torn (A0.6).
 */
export function fileSource(options: FileSourceOptions): Source {
  const { format = 'values', lineBytesMax = 65_536, pollMs = 1_000 } = options;
  const path = resolve(options.path);
  return {
    async *read({ name, world, mark, signal, problem }) {
      const { crc32, timers } = world;
      const follower = new FileFollower({ path, mark: decodeFileMark(mark), lineBytesMax, crc32, problem });
      const watch = new FolderWatch(dirname(path), timers, pollMs);
      let trouble = '';
      try {
        while (!signal.aborted) {
          const step = await follower.step().catch((error: Error) => error);
          if (step instanceof Error) {
            // Told once, not at every look; what was read stays read.
            if (step.message !== trouble) problem(`Cannot read ${path}: ${step.message}`);
            trouble = step.message;
            await follower.close();
            await watch.wait(signal);
          } else if (step === undefined) {
            await watch.wait(signal);
          } else {
            trouble = '';
            yield { entries: readStep(step, format, name, lineBytesMax), mark: encodeFileMark(step.mark) };
          }
        }
      } finally {
        watch.close();
        await follower.close();
      }
    },
  };
}

function readStep(step: FileStep, format: LineFormat, name: string, lineBytesMax: number): SourceEntry[] {
  if (step.piece === 'tooLong') return [rejectLong(step.bytes, lineBytesMax)];
  if (step.piece === 'torn')
    return [{ kind: 'rejected', bytes: step.bytes, reason: 'badLine: torn, without its newline' }];
  const entries: SourceEntry[] = [];
  for (const line of splitLines(step.bytes)) {
    const entry = readLine(line, format, name);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}
