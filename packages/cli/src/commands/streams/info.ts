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

/** `packetboat streams info`. */
export function info(command: Command, context: Context): void {
  command
    .summary('show a stream')
    .description('Show what the server knows of a stream.')
    .addArgument(new Argument('<stream>', 'name of the stream').argParser(parseStream));
  addJsonOption(addImpatientOptions(command))
    .addHelpText('after', examples('streams info sensors/paul'))
    .action(async (stream: string, options: ImpatientOptions & JsonOptions) => {
      const { withImpatientClient } = await import('../../with_client.ts');
      const found = await withImpatientClient(context, options, (client) => client.streams.info(stream));
      await printStreamInfo(context, found, options.json === true);
    });
}
