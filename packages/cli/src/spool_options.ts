/** Options of the commands at the edge: where the spool is, what is sampled, what is printed. */
import { type Command, Option } from 'commander';
import { parseBytes, parseDuration } from './values.ts';

export interface SpoolOptions {
  /** Folder of all spools. @default in the user's data folder */
  readonly spool?: string;
  readonly spoolBytes: number;
  readonly whenFull: 'block' | 'degrade' | 'gap';
}

export function addSpoolOptions(command: Command): Command {
  return command
    .option('--spool <dir>', 'folder of the spools (default: in your data folder)')
    .addOption(
      new Option('--spool-bytes <size>', 'how much a spool may hold')
        .argParser(parseBytes)
        .default(1_000_000_000, '1GB'),
    )
    .addOption(
      new Option('--when-full <policy>', 'what then: wait, make old samples coarser, or drop them and tell a gap')
        .choices(['block', 'degrade', 'gap'])
        .default('degrade'),
    );
}

export interface SourceOptions {
  readonly interval: number;
  /** `machine`, `stdin`, `command:…` or `file:…`. */
  readonly source: string;
  readonly format: 'values' | 'records';
}

export function addSourceOptions(command: Command): Command {
  return command
    .addOption(new Option('--interval <time>', 'time between samples').argParser(parseDuration).default(1_000, '1s'))
    .option('--source <source>', "machine, stdin, 'command:…' or file:PATH", 'machine')
    .addOption(
      new Option('--format <format>', 'what lines of a file or stdin are: values, or whole records')
        .choices(['values', 'records'])
        .default('values'),
    );
}

export interface AckOptions {
  readonly ackFormat: 'text' | 'json';
}

export function addAckOptions(command: Command): Command {
  return command.addOption(
    new Option('--ack-format <format>', 'how acknowledged records are printed')
      .choices(['text', 'json'])
      .default('text'),
  );
}
