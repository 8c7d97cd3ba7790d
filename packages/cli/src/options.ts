/** Options that several commands share. */
import { type Command, Option } from 'commander';
import { parseId, parseServer, parseTimeout } from './values.ts';

/** Options that every command has. */
export interface CommonOptions {
  readonly config?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: boolean;
}

export function addCommonOptions(command: Command): Command {
  return command
    .option('--config <file>', 'settings as TOML')
    .option('-q, --quiet', 'say only what goes wrong')
    .option('-v, --verbose', 'say more; show where a defect happened')
    .option('--no-color', 'no colours')
    .helpOption('-h, --help', 'show this help');
}

/** Options of commands that talk to a server. */
export interface ServerOptions {
  /** @default 'http://127.0.0.1:8000' */
  readonly server: string;
  readonly id?: string;
}

export function addServerOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--server <url>', 'address of the server').argParser(parseServer).default('http://127.0.0.1:8000'),
    )
    .addOption(
      new Option('--id <name>', 'who you are: the name of this client, and of its producer').argParser(parseId),
    );
}

/** Options of commands that give up when the server cannot be reached. */
export interface ImpatientOptions extends ServerOptions {
  /** @default 10_000 */
  readonly timeout: number;
}

export function addImpatientOptions(command: Command): Command {
  return addServerOptions(command).addOption(
    new Option('--timeout <time>', 'give up after this long without the server; 0: never')
      .argParser(parseTimeout)
      .default(10_000, '10s'),
  );
}

/** Options of commands whose output machines read. */
export interface JsonOptions {
  readonly json?: boolean;
}

export function addJsonOption(command: Command, description = 'one JSON document on stdout'): Command {
  return command.option('--json', description);
}

/** `examples('tail sensors/paul', …)` for the end of a help text. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ packetboat ${line}`).join('\n')}`;
}
