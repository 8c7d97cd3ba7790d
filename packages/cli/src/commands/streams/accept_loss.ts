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

/** `packetboat streams accept-loss` (F15). */
export function acceptLoss(command: Command, context: Context): void {
  command
    .summary('let a stream that lost records go on')
    .description(
      'A stream whose newest records vanished from the disk is read-only. This accepts the loss: it takes records again.',
    )
    .addArgument(new Argument('<stream>', 'name of the stream').argParser(parseStream));
  addJsonOption(addImpatientOptions(command))
    .addHelpText('after', examples('streams accept-loss sensors/paul'))
    .action(async (stream: string, options: ImpatientOptions & JsonOptions) => {
      const { withImpatientClient } = await import('../../with_client.ts');
      const info = await withImpatientClient(context, options, (client) => client.streams.acceptLoss(stream));
      await printStreamInfo(context, info, options.json === true);
    });
}
