import { Argument, type Command } from 'commander';
import type { Context } from '../../context.ts';
import { wrongCall } from '../../failure.ts';
import { type ImpatientOptions, addImpatientOptions, examples } from '../../options.ts';
import { parseStream } from '../../values.ts';

interface DeleteOptions extends ImpatientOptions {
  readonly yes?: boolean;
}

/** `packetboat streams delete`. */
export function remove(command: Command, context: Context): void {
  command
    .summary('delete a stream and its records')
    .description('Delete a stream and all its records, for ever.')
    .addArgument(new Argument('<stream>', 'name of the stream').argParser(parseStream))
    .option('--yes', 'yes, delete it');
  addImpatientOptions(command)
    .addHelpText('after', examples('streams delete rooms/old --yes'))
    .action(async (stream: string, options: DeleteOptions) => {
      if (options.yes !== true) throw wrongCall('This deletes the stream and all its records: say --yes.');
      const { withImpatientClient } = await import('../../with_client.ts');
      await withImpatientClient(context, options, (client) => client.streams.delete(stream));
      context.terminal.say(`${stream} is deleted.`);
    });
}
