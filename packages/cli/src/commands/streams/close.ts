import { Argument, type Command } from 'commander';
import type { Context } from '../../context.ts';
import {
  type ImpatientOptions,
  type JsonOptions,
  addImpatientOptions,
  addJsonOption,
  examples,
} from '../../options.ts';
import { printStreamInfo } from '../../stream_info.ts';
import { parseStream } from '../../values.ts';

/** `packetboat streams close`. */
export function close(command: Command, context: Context): void {
  command
    .summary('make a stream final')
    .description('Make a stream final: it can be read, and takes no more records.')
    .addArgument(new Argument('<stream>', 'name of the stream').argParser(parseStream));
  addJsonOption(addImpatientOptions(command))
    .addHelpText('after', examples('streams close logs/2025'))
    .action(async (stream: string, options: ImpatientOptions & JsonOptions) => {
      const { withImpatientClient } = await import('../../with_client.ts');
      const info = await withImpatientClient(context, options, (client) => client.streams.close(stream));
      await printStreamInfo(context, info, options.json === true);
    });
}
