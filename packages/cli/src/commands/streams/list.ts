import { stripVTControlCharacters } from 'node:util';
import type { StreamInfo } from '@packetboat/core';
import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { describeBytes } from '@packetboat/core';
import { neutralText } from '../../neutral.ts';
import {
  type ImpatientOptions,
  type JsonOptions,
  addImpatientOptions,
  addJsonOption,
  examples,
} from '../../options.ts';
import { describeState, streamInfoJson } from '../../stream_info.ts';

/** How many streams are asked for, and aligned, at once. */
const pageLength = 200;

/** `packetboat streams list`. */
export function list(command: Command, context: Context): void {
  command
    .summary('list streams')
    .description('List streams by name.')
    .argument('[prefix]', 'only streams whose name begins with this', '');
  addJsonOption(addImpatientOptions(command), 'one JSON object a line')
    .addHelpText('after', examples('streams list', 'streams list sensors/ --json'))
    .action((prefix: string, options: ImpatientOptions & JsonOptions) => printStreams(context, prefix, options));
}

async function printStreams(context: Context, prefix: string, options: ImpatientOptions & JsonOptions): Promise<void> {
  const { terminal } = context;
  const { withImpatientClient } = await import('../../with_client.ts');
  const total = await withImpatientClient(context, options, async (client, signal) => {
    let count = 0;
    for (let after: string | undefined; ; ) {
      const page = await client.streams.list({
        prefix,
        limit: pageLength,
        signal,
        ...(after !== undefined && { after }),
      });
      if (options.json === true) {
        await terminal.write(page.map((info) => `${JSON.stringify(streamInfoJson(info))}\n`).join(''));
      } else if (page.length > 0) await terminal.write(table(page, count === 0, (text) => terminal.style('dim', text)));
      count += page.length;
      after = page.at(-1)?.stream;
      if (page.length < pageLength) return count;
    }
  });
  if (total === 0) terminal.say(prefix === '' ? 'There are no streams yet.' : 'No stream begins with this.');
}

function table(infos: readonly StreamInfo[], withTitle: boolean, dim: (text: string) => string): string {
  const rows = infos.map((info) => [
    neutralText(info.stream),
    String(info.tail - info.first),
    describeBytes(info.bytes),
    String(info.tail),
    describeState(info),
  ]);
  const title = ['STREAM', 'RECORDS', 'BYTES', 'TAIL', 'STATE'];
  const widths = title.map((head, index) =>
    Math.max(head.length, ...rows.map((row) => stripVTControlCharacters(row[index] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) =>
        index === 0 || index === 4 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return `${[...(withTitle ? [dim(line(title))] : []), ...rows.map(line)].join('\n')}\n`;
}
