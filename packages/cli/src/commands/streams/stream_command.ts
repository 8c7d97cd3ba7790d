import type { Client } from '@packetboat/client';
import type { StreamInfo } from '@packetboat/core';
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

/** What sets one of these commands apart. */
export interface StreamCommand {
  readonly summary: string;
  readonly description: string;
  readonly example: string;
  /** Does it, and answers what the stream is afterwards. */
  readonly run: (client: Client, stream: string) => Promise<StreamInfo>;
}

/** Makes `command` take a stream, do something with it, and show what it is then. */
export function streamCommand(command: Command, context: Context, does: StreamCommand): void {
  command
    .summary(does.summary)
    .description(does.description)
    .addArgument(new Argument('<stream>', 'name of the stream').argParser(parseStream));
  addJsonOption(addImpatientOptions(command))
    .addHelpText('after', examples(does.example))
    .action(async (stream: string, options: ImpatientOptions & JsonOptions) => {
      const { withImpatientClient } = await import('../../with_client.ts');
      const info = await withImpatientClient(context, options, (client) => does.run(client, stream));
      await printStreamInfo(context, info, options.json === true);
    });
}
