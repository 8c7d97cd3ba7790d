import { Argument, type Command, Option } from 'commander';
import type { Context } from '../../context.ts';
import {
  type ImpatientOptions,
  type JsonOptions,
  addImpatientOptions,
  addJsonOption,
  examples,
} from '../../options.ts';
import { printStreamInfo } from '../../stream_info.ts';
import { parseBytes, parseDuration, parseStream } from '../../values.ts';

interface CreateOptions extends ImpatientOptions, JsonOptions {
  readonly contentType?: string;
  readonly keepFor?: number;
  readonly keepBytes?: number;
}

/** `packetboat streams create`. */
export function create(command: Command, context: Context): void {
  command
    .summary('create a stream')
    .description('Create a stream, unless it exists.')
    .addArgument(new Argument('<stream>', 'name of the stream').argParser(parseStream))
    .option('--content-type <type>', 'what its records are (default: application/octet-stream)')
    .addOption(new Option('--keep-for <time>', 'records older than this may be removed').argParser(parseDuration))
    .addOption(new Option('--keep-bytes <size>', 'keep at most so many bytes').argParser(parseBytes));
  addJsonOption(addImpatientOptions(command))
    .addHelpText('after', examples('streams create logs/door --content-type text/plain --keep-for 30d'))
    .action((stream: string, options: CreateOptions) => createStream(context, stream, options));
}

async function createStream(context: Context, stream: string, options: CreateOptions): Promise<void> {
  const { contentType, keepFor, keepBytes } = options;
  const { withImpatientClient } = await import('../../with_client.ts');
  const { kind, info } = await withImpatientClient(context, options, (client) =>
    client.streams.create(stream, {
      ...(contentType !== undefined && { contentType }),
      ...(keepFor !== undefined && { ageMsMax: keepFor }),
      ...(keepBytes !== undefined && { bytesMax: keepBytes }),
    }),
  );
  if (kind === 'exists') context.terminal.warn(`${stream} exists already, and stays as it is.`);
  await printStreamInfo(context, info, options.json === true);
}
