import { Argument, type Command } from 'commander';
import type { Context } from '../context.ts';
import { type ImpatientOptions, type JsonOptions, addImpatientOptions, addJsonOption, examples } from '../options.ts';
import { parseStream } from '../values.ts';

/** `packetboat cursors`: durable positions of named readers. `tail --cursor` moves them. */
export function cursors(command: Command, context: Context): void {
  get(command.command('get'), context);
  remove(command.command('delete'), context);
}

function get(command: Command, context: Context): void {
  addArguments(command.summary('show a cursor').description('Show how far a named reader has come.'));
  addJsonOption(addImpatientOptions(command))
    .addHelpText('after', examples('cursors get rooms/lobby my-phone'))
    .action(async (stream: string, cursor: string, options: ImpatientOptions & JsonOptions) => {
      const { withImpatientClient } = await import('../with_client.ts');
      const position = await withImpatientClient(context, options, (client) => client.cursors.get(stream, cursor));
      if (options.json === true) await context.terminal.printJson({ stream, cursor, ...position });
      else await context.terminal.print(String(position.offset));
    });
}

function remove(command: Command, context: Context): void {
  addArguments(command.summary('forget a cursor').description('Forget a cursor: its reader begins anew.'));
  addImpatientOptions(command)
    .addHelpText('after', examples('cursors delete rooms/lobby my-phone'))
    .action(async (stream: string, cursor: string, options: ImpatientOptions) => {
      const { withImpatientClient } = await import('../with_client.ts');
      await withImpatientClient(context, options, (client) => client.cursors.delete(stream, cursor));
      context.terminal.say(`The cursor ${JSON.stringify(cursor)} of ${stream} is forgotten.`);
    });
}

function addArguments(command: Command): void {
  command
    .addArgument(new Argument('<stream>', 'name of the stream').argParser(parseStream))
    .argument('<cursor>', 'name of the cursor');
}
