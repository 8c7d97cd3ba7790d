import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { type DataOptions, addDataOption, dataFolder } from '../data_folder.ts';
import { describeBytes } from '@packetboat/core';
import { examples } from '../options.ts';
import { Progress } from '../progress.ts';

/** `packetboat backup`: a copy that is a store itself. */
export function backup(command: Command, context: Context): void {
  addDataOption(command.argument('<to>', 'folder to make for the backup'))
    .addHelpText(
      'after',
      `
The copy is the store at one moment: everything acknowledged before is in it. Interrupted, it leaves a folder whose
name ends in .partial- and some letters, to be deleted.
${examples('backup /backups/monday --data /var/lib/packetboat')}`,
    )
    .action((to: string, options: DataOptions) => run(context, to, options));
}

async function run({ terminal, world, env, interruption }: Context, to: string, options: DataOptions): Promise<void> {
  const folder = dataFolder(options, env, 'mustExist');
  const { backupStore } = await import('@packetboat/engine-sqlite');
  const progress = new Progress('copying', terminal, world.clock);
  let copiedBytes = 0;
  try {
    const copying = backupStore({
      folder,
      to,
      onProgress: (done, total) => {
        copiedBytes = total;
        progress.report(done, total, describeBytes(done));
      },
    });
    await interruption.orInterrupted(copying);
  } finally {
    progress.end();
  }
  terminal.say(
    `${folder} is backed up to ${to} (${describeBytes(copiedBytes)}). Verify it: packetboat check --data ${to}`,
  );
}
