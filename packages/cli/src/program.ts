/** The command tree, made with commander. */
import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { type CommandEntry, commandTable } from './command_table.ts';
import type { Context } from './context.ts';
import { type CommonOptions, addCommonOptions, examples } from './options.ts';
import { type Called, reportError } from './report_error.ts';
import { applySettings, collectOptions } from './settings.ts';

/** Runs `packetboat` with `words` and returns its exit code. Never rejects. */
export async function runProgram(words: readonly string[], context: Context): Promise<number> {
  let called: Called = { name: 'packetboat', usage: 'packetboat <command>' };
  try {
    const program = await buildProgram(context, words);
    for (const command of everyCommand(program)) {
      command.exitOverride((error) => {
        called = describeCall(command);
        throw error;
      });
    }
    const all = await completeProgram(program, context, words);
    program.hook('preAction', (_root, command) => {
      called = describeCall(command);
      applySettings(command, context.env, () => collectOptions(all));
      const { quiet = false, verbose = false, color } = command.opts<CommonOptions>();
      context.terminal.configure({ quiet, verbose, color });
    });
    await program.parseAsync(words, { from: 'user' });
    return context.exitCode;
  } catch (error) {
    const { exitCode } = context.interruption;
    // Whoever interrupts knows why the command ends.
    if (exitCode !== undefined && !(error instanceof CommanderError)) return exitCode;
    return reportError(error, context.terminal, called);
  }
}
