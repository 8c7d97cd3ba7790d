import type { Command } from 'commander';
import type { Context } from './context.ts';
import { dataFolder } from './data_folder.ts';

/** Options that are no settings. */
const unshown = new Set(['checkConfig', 'json', 'config', 'quiet', 'verbose', 'color']);

/** Shows what a command would run with, and where each value comes from. Makes nothing. */
export async function showSettings({ terminal, env }: Context, command: Command, json: boolean): Promise<void> {
  const { data } = command.opts<{ data?: string }>();
  const folder = dataFolder(data === undefined ? {} : { data }, env, 'mayBeMissing');
  const settings = command.options
    .map((option) => ({ key: option.attributeName(), name: option.long?.slice('--'.length) ?? '' }))
    .filter(({ key }) => !unshown.has(key))
    .map(({ key, name }) => {
      const value: unknown = key === 'data' ? folder : command.getOptionValue(key);
      return { name, value, source: command.getOptionValueSource(key) ?? 'default' };
    });
  if (json) {
    return terminal.printJson(Object.fromEntries(settings.map(({ name, ...rest }) => [name, rest])));
  }
  const rows = settings.map(({ name, value, source }) => ({
    name,
    text: value === undefined ? '—' : JSON.stringify(value),
    source,
  }));
  const width = Math.max(...rows.map(({ text }) => text.length)) + 2;
  for (const { name, text, source } of rows) {
    await terminal.print(`${name.padEnd(16)}${text.padEnd(width)}${terminal.style('dim', source)}`);
  }
}
