/** A command's output: each line it prints is one record's values, verbatim. */
import { runCommand } from '../run_command.ts';
import { splitLines } from './line_splitter.ts';
import type { Source, SourceEntry } from './source.ts';
import { readLine } from './value_lines.ts';

/** Options of {@linkcode commandSource}. */
export interface CommandSourceOptions {
  /** The program and its arguments: `['sh', '-c', '…']` for what needs a shell. */
  readonly command: readonly string[];
  /** Time one run may take; the ticks it covers are skipped. @default 10_000 */
  readonly timeoutMs?: number;
  /** Bytes one run may print. @default 65_536 */
  readonly outputBytesMax?: number;
}

/** Runs the command at each tick. A run that fails is told and yields nothing; the next tick tries again. */
export function commandSource(options: CommandSourceOptions): Source {
  return {
    async *read({ ticks, world, signal, name, problem }) {
      for await (const _ of ticks()) {
        const outcome = await runCommand({ timeoutMs: 10_000, ...options, timers: world.timers, signal });
        if (signal.aborted) return;
        if (outcome.kind === 'failed') {
          problem(`The command ${options.command[0]} gave no values: ${outcome.reason}`);
          continue;
        }
        const entries: SourceEntry[] = [];
        for (const line of splitLines(outcome.output)) {
          const entry = readLine(line, 'values', name);
          if (entry !== undefined) entries.push(entry);
        }
        if (entries.length === 0) problem(`The command ${options.command[0]} printed nothing`);
        else yield { entries };
      }
    },
  };
}
