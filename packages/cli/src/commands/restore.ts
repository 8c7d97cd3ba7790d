import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { type DataOptions, addDataOption, dataFolder } from '../data_folder.ts';
import { describeBytes } from '@packetboat/core';
import { describeCount } from '../describe.ts';
import { examples } from '../options.ts';
import { Progress } from '../progress.ts';

/** `packetboat restore`: a store from a backup. */
export function restore(command: Command, context: Context): void {
  addDataOption(command.argument('<from>', 'folder of the backup'))
    .addHelpText(
      'after',
      `
All of the backup is verified first. The store gets a new identity: what was acknowledged after the backup is not in
it, and receipts of that time prove nothing here.
${examples('restore /backups/monday --data /var/lib/packetboat')}`,
    )
    .action((from: string, options: DataOptions) => run(context, from, options));
}

async function run({ terminal, world, env, interruption }: Context, from: string, options: DataOptions): Promise<void> {
  const folder = dataFolder(options, env, 'mayBeMissing');
  const { restoreStore } = await import('@packetboat/engine-sqlite');
  const progress = new Progress('verifying', terminal, world.clock);
  const onProgress = (done: number, total: number): void => progress.report(done, total, describeBytes(done));
  const restoring = restoreStore({ from, folder, world, onProgress });
  const { streams, records } = await interruption.orInterrupted(restoring).finally(() => progress.end());
  terminal.say(`${describeCount(records, 'record')} in ${describeCount(streams, 'stream')} are restored to ${folder}.`);
}
