import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { streamCommand } from './stream_command.ts';

/** `packetboat streams info`. */
export function info(command: Command, context: Context): void {
  streamCommand(command, context, {
    summary: 'show a stream',
    description: 'Show what the server knows of a stream.',
    example: 'streams info sensors/paul',
    run: (client, stream) => client.streams.info(stream),
  });
}
