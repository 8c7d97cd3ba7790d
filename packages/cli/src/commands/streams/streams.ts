import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { acceptLoss } from './accept_loss.ts';
import { close } from './close.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { info } from './info.ts';
import { list } from './list.ts';
import { trim } from './trim.ts';
import { verify } from './verify.ts';

/** `packetboat streams`: one file for each thing that can be done with a stream. */
export function streams(command: Command, context: Context): void {
  list(command.command('list'), context);
  info(command.command('info'), context);
  create(command.command('create'), context);
  verify(command.command('verify'), context);
  trim(command.command('trim'), context);
  close(command.command('close'), context);
  remove(command.command('delete'), context);
  acceptLoss(command.command('accept-loss'), context);
}
