/** The command tree, made with commander. */
import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { commandTable } from './command_table.ts';
import type { Context } from './context.ts';
import { type CommonOptions, addCommonOptions, examples } from './options.ts';
import { type Called, reportError } from './report_error.ts';
import { applySettings, collectOptions } from './settings.ts';

/** Commands that show or complete all the others. */
const needingAll = new Set(['help', 'completion', 'complete']);

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
    program.hook('preAction', async (_program, command) => {
      called = describeCall(command);
      // The completion commands know no settings.
      if (!command.options.some(({ long }) => long === '--config')) return;
      await applySettings(command, context.env, async () => collectOptions(await buildProgram(context)));
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

/**
 * Makes the tree.
 *
 * @param words The command line: then only the command that it names is made in full. @default all are
 */
export async function buildProgram(context: Context, words?: readonly string[]): Promise<Command> {
  const program = new Command('packetboat');
  configure(program, context);
  const first = words?.find((word) => !word.startsWith('-')) ?? '';
  const all = words === undefined || needingAll.has(first);
  for (const entry of commandTable) {
    const command = program.command(entry.name).summary(entry.summary).description(capital(entry.summary));
    command.helpGroup(entry.group);
    if (entry.alias !== undefined) command.alias(entry.alias);
    if (all || first === entry.name || first === entry.alias) (await entry.load())(command, context);
  }
  if (all) (await import('./commands/completion.ts')).completion(program);
  else program.command('completion').summary('print a completion script for your shell');
  for (const command of everyCommand(program)) {
    if (command.commands.length === 0 && !needingAll.has(command.name())) addCommonOptions(command);
  }
  return program;
}

/** A command and everything below it. */
export function* everyCommand(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* everyCommand(child);
}

function configure(program: Command, { terminal }: Context): void {
  program
    .description('Packetboat: records that arrive once and in order, over links that break.')
    .version(manifest.version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show help for a command')
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // Errors are told in one line, by `reportError`.
      outputError: () => {},
      getOutHelpWidth: () => terminal.stdout.columns ?? 80,
      getErrHelpWidth: () => terminal.stderr.columns ?? 80,
      // The styles below know what the terminal can show.
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .configureHelp({
      // Commands that are not made in full have no arguments to show.
      subcommandTerm: (command) => [command.name(), ...command.aliases()].join('|'),
      styleTitle: (text) => terminal.style('bold', text),
      styleCommandText: (text) => terminal.style('cyan', text),
      styleSubcommandText: (text) => terminal.style('cyan', text),
      styleOptionText: (text) => terminal.style('cyan', text),
      styleArgumentText: (text) => terminal.style('cyan', text),
    })
    .addHelpText(
      'after',
      examples(
        'serve --sensor this-machine',
        'tail sensors/this-machine',
        'pub rooms/lobby "hello" --create',
        'help serve',
      ),
    );
}

function describeCall(command: Command): Called {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  const name = names.join(' ');
  return { name, usage: `${name} ${command.usage()}` };
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
