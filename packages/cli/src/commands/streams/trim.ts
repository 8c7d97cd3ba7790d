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
import { parseCount, parseStream } from '../../values.ts';

/** `packetboat streams trim`. */
export function trim(command: Command, context: Context): void {
  command
    .summary('drop the oldest records of a stream')
    .description('Drop records before an offset. Records are stored in segments: only whole ones go.')
    .addArgument(new Argument('<stream>', 'name of the stream').argParser(parseStream))
    .addArgument(new Argument('<offset>', 'the first record that must stay').argParser(parseCount));
  addJsonOption(addImpatientOptions(command))
    .addHelpText('after', examples('streams trim sensors/paul 100000'))
    .action(async (stream: string, before: number, options: ImpatientOptions & JsonOptions) => {
      const { withImpatientClient } = await import('../../with_client.ts');
      const info = await withImpatientClient(context, options, (client) => client.streams.trim(stream, before));
      await printStreamInfo(context, info, options.json === true);
    });
}
