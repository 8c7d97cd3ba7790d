import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { streamCommand } from './stream_command.ts';

/** `packetboat streams accept-loss` (F15). */
export function acceptLoss(command: Command, context: Context): void {
  streamCommand(command, context, {
    summary: 'let a stream that lost records go on',
    description:
      'A stream whose newest records vanished from the disk is read-only. This accepts the loss: it takes records again.',
    example: 'streams accept-loss sensors/paul',
    run: (client, stream) => client.streams.acceptLoss(stream),
  });
}
