/** The config file: TOML, one table for each command, and keys on top for every command that has them. */
import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { InvalidArgumentError } from 'commander';

/** A value, and where it stands. */
export interface ConfigValue {
  readonly text: string;
  /** `packetboat.toml:3: port` */
  readonly where: string;
}

/** Values of options by command (`serve`, `streams verify`; `''` for every command) and option (`port-file`). */
export type Config = ReadonlyMap<string, ReadonlyMap<string, ConfigValue>>;

/** Which options each command has; `''` holds those of any command. */
export type KnownOptions = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Reads a config file.
 *
 * @throws {InvalidArgumentError} naming the file, and the line of a key that nobody knows.
 */
export function readConfig(path: string, known: KnownOptions): Config {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new InvalidArgumentError(`Cannot read the config file ${path}: ${(cause as Error).message}`);
  }
  return parseConfig(text, path, known);
}

export function parseConfig(text: string, path: string, known: KnownOptions): Config {
  let document: Record<string, unknown>;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new InvalidArgumentError(`${path}:${error.line}: ${error.message.split('\n')[0]}`);
  }
  const config = new Map<string, Map<string, ConfigValue>>();
  const take = (table: Record<string, unknown>, command: string): void => {
    for (const [key, value] of Object.entries(table)) {
      const where = `${path}:${lineOfKey(text, command, key)}`;
      const subcommand = command === '' ? key : `${command} ${key}`;
      if (isTable(value) && known.has(subcommand)) take(value, subcommand);
      else if (!(known.get(command)?.has(key) ?? false)) throw unknownKey(where, command, key);
      else {
        const options = config.get(command) ?? new Map<string, ConfigValue>();
        config.set(command, options.set(key, { text: asText(value, where, key), where: `${where}: ${key}` }));
      }
    }
  };
  take(document, '');
  return config;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function asText(value: unknown, where: string, key: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new InvalidArgumentError(`${where}: ${key} must be a text, a number, true or false.`);
}

function unknownKey(where: string, command: string, key: string): InvalidArgumentError {
  const who = command === '' ? 'no command' : `packetboat ${command}`;
  const why = command === '' ? 'has such an option' : 'has no such option';
  return new InvalidArgumentError(`${where}: unknown key ${JSON.stringify(key)}: ${who} ${why}.`);
}

/** The line that sets `key` in the table of `command`; 1 when it is written in a way that is not looked for. */
function lineOfKey(text: string, command: string, key: string): number {
  const table = command.replaceAll(' ', '.');
  let current = '';
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[\s*([^\]]*?)\s*\]/
      .exec(line)?.[1]
      ?.replaceAll(/\s*\.\s*/g, '.')
      .replaceAll(/["']/g, '');
    if (header !== undefined) current = header;
    const found =
      header === undefined
        ? current === table && /^\s*["']?([^"'=.\s]+)/.exec(line)?.[1] === key
        : header === (table === '' ? key : `${table}.${key}`);
    if (found) return index + 1;
  }
  return 1;
}
