/** Where an option's value comes from: flags > environment (`PACKETBOAT_*`) > config file > defaults. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, type Option } from 'commander';
import envPaths from 'env-paths';
import { type Config, type ConfigValue, type KnownOptions, readConfig } from './config_file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Options that are said only on the command line. */
const unsettable = new Set(['help', 'version', 'config', 'check-config']);

/**
 * Gives `command` the values that its command line does not say.
 *
 * @param knownOptions Asked for only when there is a config file.
 * @throws {InvalidArgumentError} naming the variable or the key whose value is none.
 */
export async function applySettings(
  command: Command,
  env: Environment,
  knownOptions: () => Promise<KnownOptions>,
): Promise<void> {
  const path = configPath(command, env);
  const config: Config = path === undefined ? new Map() : readConfig(path, await knownOptions());
  for (const option of command.options) {
    const name = optionName(option);
    if (unsettable.has(name) || command.getOptionValueSource(option.attributeName()) === 'cli') continue;
    const variable = environmentVariable(option);
    const fromEnv = env[variable];
    if (fromEnv !== undefined && fromEnv !== '') set(command, option, fromEnv, 'env', variable);
    else {
      const fromFile = configValue(config, commandPath(command), name);
      if (fromFile !== undefined) set(command, option, fromFile.text, 'config', fromFile.where);
    }
  }
}

/** `PACKETBOAT_PORT_FILE` for `--port-file`. */
export function environmentVariable(option: Option): string {
  return `PACKETBOAT_${optionName(option).replaceAll('-', '_').toUpperCase()}`;
}

/** Every command and the options that a config file may set. */
export function collectOptions(root: Command): KnownOptions {
  const known = new Map<string, Set<string>>([['', new Set()]]);
  const visit = (command: Command): void => {
    const names = command.options.map(optionName).filter((name) => !unsettable.has(name));
    if (command !== root) {
      known.set(commandPath(command), new Set(names));
      for (const name of names) known.get('')?.add(name);
    }
    for (const child of command.commands) visit(child);
  };
  visit(root);
  return known;
}

/** `streams verify` of `packetboat streams verify`. */
export function commandPath(command: Command): string {
  const names: string[] = [];
  // The root, `packetboat` itself, is no part of the path.
  for (let at = command; at.parent !== null; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

/** Folders of the user for our data and settings, in the places that the system has for them. */
export function userFolders(env: Environment): { readonly data: string; readonly config: string } {
  const paths = envPaths('packetboat', { suffix: '' });
  // systemd's StateDirectory= says where a service keeps its data.
  return { data: env['STATE_DIRECTORY'] ?? paths.data, config: paths.config };
}

function configPath(command: Command, env: Environment): string | undefined {
  const said: unknown = command.getOptionValue('config') ?? env['PACKETBOAT_CONFIG'];
  if (typeof said === 'string' && said !== '') return said;
  const usual = join(userFolders(env).config, 'config.toml');
  return existsSync(usual) ? usual : undefined;
}

function configValue(config: Config, command: string, name: string): ConfigValue | undefined {
  return config.get(command)?.get(name) ?? config.get('')?.get(name);
}

function optionName(option: Option): string {
  return option.long?.replace(/^--/, '') ?? option.attributeName();
}

function set(command: Command, option: Option, text: string, source: string, where: string): void {
  command.setOptionValueWithSource(option.attributeName(), parse(option, text, where), source);
}

function parse(option: Option, text: string, where: string): unknown {
  if (option.isBoolean() || option.negate) {
    const value = parseBoolean(text, where);
    return option.negate ? !value : value;
  }
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, undefined);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new InvalidArgumentError(`${where}: ${error.message}`);
    throw error;
  }
}

function parseBoolean(text: string, where: string): boolean {
  if (['1', 'true', 'yes', 'on'].includes(text.toLowerCase())) return true;
  if (['0', 'false', 'no', 'off'].includes(text.toLowerCase())) return false;
  throw new InvalidArgumentError(`${where}: say true or false.`);
}
