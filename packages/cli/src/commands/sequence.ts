/** `packetboat sequence`: tests a link with numbers whose checksum both sides know. */
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { sequenceAlgorithms } from '@packetboat/core';
import type { Context } from '../context.ts';
import { wrongCall } from '../failure.ts';
import { addLogOptions } from '../open_log.ts';
import { addServerOptions, examples } from '../options.ts';
import type { SequenceCommandOptions } from '../run_sequence.ts';
import { parseCount } from '../values.ts';

/** A sequence of more takes longer than 18 hours at a number a second: who means it says so. */
const numbersMax = 65_535;

export function sequence(command: Command, context: Context): void {
  command
    .addArgument(
      new Argument('[n]', `how many numbers, 1 … ${numbersMax} (default: the server draws)`).argParser(parseNumbers),
    )
    .option('--large', `let n be more than ${numbersMax}`)
    .addOption(new Option('--tick-ms <n>', 'milliseconds between numbers (default: 1000)').argParser(parseCount))
    .addOption(new Option('--algorithm <name>', 'checksum').choices(sequenceAlgorithms).default('crc-32'))
    .option('--state <dir>', 'where --id is remembered (default: in your data folder)');
  addLogOptions(addServerOptions(command))
    .addHelpText(
      'after',
      `
Prints each number as it comes, then both checksums, then whether they are equal; exits with 0 if they are, else with 1.
A link that breaks is waited for, and the sequence goes on at the exact number. After an absence longer than the server's
window (30 s unless configured) it is refused: exit code 8. With --id the command may also be stopped or killed, and goes on
when it is started again within the window. Without --log-file only --log-level debug logs, on stderr.
${examples('sequence 20', 'sequence 20 --tick-ms 50 --algorithm sha-256', 'sequence 600 --id my-laptop --log-file logs/app.log')}`,
    )
    .action(async (n: number | undefined, options: SequenceCommandOptions) => {
      if (n !== undefined && n > numbersMax && options.large !== true) {
        throw wrongCall(`A sequence has at most ${numbersMax} numbers; say --large if you want ${n}.`);
      }
      if (options.id === undefined && command.getOptionValueSource('state') === 'cli') {
        throw wrongCall('--state is of no use without --id.');
      }
      const { runSequence } = await import('../run_sequence.ts');
      return runSequence(context, n, options);
    });
}

function parseNumbers(text: string): number {
  const n = /^\d+$/.test(text) ? Number(text) : NaN;
  if (n >= 1 && Number.isSafeInteger(n)) return n;
  throw new InvalidArgumentError(`Give a whole number, 1 … ${numbersMax}.`);
}
