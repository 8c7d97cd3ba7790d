import { createReadStream } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { PacketboatError } from '@packetboat/core';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { describeCount, describeDuration } from '../describe.ts';
import { type ImpatientOptions, type JsonOptions, addImpatientOptions, addJsonOption, examples } from '../options.ts';
import { Progress } from '../progress.ts';

interface ImportOptions extends ImpatientOptions, JsonOptions {
  readonly name?: string;
  readonly rejected?: string;
}

/** `packetboat import`: sensor lines of another program (S0.6, S0.7). */
export function importFile(command: Command, context: Context): void {
  command
    .argument('<file>', 'lines "name value… time_ns"; - is stdin')
    .option('--name <name>', 'only records of this sensor')
    .option('--rejected <file>', 'where lines go that are no records (default: beside the file)');
  addJsonOption(addImpatientOptions(command), 'the counts as JSON')
    .addHelpText(
      'after',
      `
Each line is stored once, however often it is imported: an import that was interrupted is simply run again.
${examples('import paul.log', 'import - --rejected odd.jsonl < paul.log')}`,
    )
    .action((file: string, options: ImportOptions) => run(context, file, options));
}

async function run(context: Context, file: string, options: ImportOptions): Promise<void> {
  const { DeadLetters, importLines, openLineDoor } = await import('@packetboat/agent');
  const { reasonOf } = await import('../with_client.ts');
  const { terminal, world, interruption } = context;
  const rejected = options.rejected ?? (file === '-' ? 'import.rejected.jsonl' : `${file}.rejected.jsonl`);
  const patience = new RequestPatience(context, options);
  const signal = AbortSignal.any([interruption.signal, patience.signal]);
  const input = addAbortSignal(signal, file === '-' ? context.stdin : createReadStream(file));
  const deadLetters = new DeadLetters({ path: rejected, bytesMax: Infinity });
  const progress = new Progress(`importing ${file}`, terminal, world.clock);
  try {
    const report = await importLines({
      input,
      deadLetters,
      world,
      signal,
      door: openLineDoor({ url: options.server, timers: world.timers }),
      ...(options.name !== undefined && { name: options.name }),
      onProblem: (message) => patience.problem(message),
      onProgress: ({ records }) => {
        patience.success();
        progress.report(0, 0, describeCount(records, 'record'));
      },
    });
    progress.end();
    if (options.json === true)
      await terminal.printJson({ ...report, rejectedFile: report.rejected > 0 ? rejected : null });
    else {
      await terminal.print(`${describeCount(report.records, 'record')} imported from ${file}`);
      if (report.rejected > 0) {
        terminal.warn(`${describeCount(report.rejected, 'line')} that are no records are set aside in ${rejected}`);
      }
    }
  } catch (error) {
    throw reasonOf(error);
  } finally {
    progress.end();
    patience.success();
    await deadLetters.close();
  }
}

/** Gives up when nothing has succeeded for a while after something went wrong. */
class RequestPatience {
  readonly signal: AbortSignal;
  readonly #context: Context;
  readonly #options: ImpatientOptions;
  readonly #over = new AbortController();
  #timer: { cancel(): void } | undefined;
  #problem = '';

  constructor(context: Context, options: ImpatientOptions) {
    this.#context = context;
    this.#options = options;
    this.signal = this.#over.signal;
  }

  problem(message: string): void {
    const { terminal, world } = this.#context;
    const { timeout, server } = this.#options;
    terminal.detail(message);
    this.#problem = message;
    if (timeout === 0 || this.#timer !== undefined) return;
    this.#timer = world.timers.after(timeout, () => {
      const why = `${server} took nothing for ${describeDuration(timeout)}: ${this.#problem}`;
      this.#over.abort(new PacketboatError('unreachable', why));
    });
  }

  success(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
