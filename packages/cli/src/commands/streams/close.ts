import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { streamCommand } from './stream_command.ts';

/** `packetboat streams close`. */
export function close(command: Command, context: Context): void {
  streamCommand(command, context, {
    summary: 'make a stream final',
    description: 'Make a stream final: it can be read, and takes no more records.',
    example: 'streams close logs/2025',
    run: (client, stream) => client.streams.close(stream),
  });
}
