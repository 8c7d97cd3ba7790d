import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { type DataOptions, addDataOption, dataFolder } from '../data_folder.ts';
import { describeBytes } from '@packetboat/core';
import { describeCount } from '../describe.ts';
import { exitCode } from '../exit_codes.ts';
import { neutralText } from '../neutral.ts';
import { type JsonOptions, addJsonOption, examples } from '../options.ts';
import { Progress } from '../progress.ts';

/** `packetboat check`: every CRC, checksum and count of a stopped store. */
export function check(command: Command, context: Context): void {
  addJsonOption(addDataOption(command), 'what was found as JSON')
    .addHelpText(
      'after',
      `
Changes nothing. No server may use the store; a backup of a running one can be checked. Exits with 3 when anything is
not as it was stored.
${examples('check --data /var/lib/packetboat', 'check --data /backups/monday')}`,
    )
    .action((options: DataOptions & JsonOptions) => run(context, options));
}

async function run(context: Context, options: DataOptions & JsonOptions): Promise<void> {
  const { terminal, world, env, interruption } = context;
  const folder = dataFolder(options, env, 'mustExist');
  const { checkStore } = await import('@packetboat/engine-sqlite');
  const progress = new Progress(`checking ${folder}`, terminal, world.clock);
  const onProgress = (done: number, total: number): void => progress.report(done, total, describeBytes(done));
  // Most of it runs without a pause in which a signal could be heard, and there is nothing to be finished.
  interruption.letGo();
  const report = await checkStore({ folder, world, onProgress }).finally(() => progress.end());
  if (!report.ok) context.exitCode = exitCode.notFound;
  if (options.json === true) return terminal.printJson(report);
  const { streams, segments, records, bytes, blobs, problems, problemCount } = report;
  const parts = [
    describeCount(streams, 'stream'),
    describeCount(segments, 'segment'),
    describeCount(records, 'record'),
    describeBytes(bytes),
    describeCount(blobs, 'blob'),
  ];
  await terminal.print(`${folder}: ${parts.join(', ')}`);
  for (const { code, where, message } of problems) {
    await terminal.print(terminal.style('red', `${code}: ${neutralText(`${where}: ${message}`)}`));
  }
  const verdict = report.ok
    ? terminal.style('green', 'nothing is wrong')
    : terminal.style('red', `${describeCount(problemCount, 'problem')} found: restore a backup`);
  await terminal.print(verdict);
}
