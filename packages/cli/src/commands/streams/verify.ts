import { Argument, type Command } from 'commander';
import type { Context } from '../../context.ts';
import { describeChecksum, describeCount } from '../../describe.ts';
import { exitCode } from '../../exit_codes.ts';
import { wrongCall } from '../../failure.ts';
import {
  type ImpatientOptions,
  type JsonOptions,
  addImpatientOptions,
  addJsonOption,
  examples,
} from '../../options.ts';
import { Progress } from '../../progress.ts';
import { parseStream } from '../../values.ts';
import type { Verification } from '../../verify_stream.ts';

interface VerifyOptions extends ImpatientOptions, JsonOptions {
  readonly spool?: string;
  readonly name?: string;
}

/** `packetboat streams verify`: the proof that everything arrived (P5). */
export function verify(command: Command, context: Context): void {
  command
    .summary('prove that a stream is whole')
    .description(
      "Read every record of a stream, count and sum them, and compare with the server's count and checksum; with --spool also with what the sensor put in.",
    )
    .addArgument(new Argument('<stream>', 'name of the stream').argParser(parseStream))
    .option('--spool <dir>', "folder of the sensor's spool, on this machine")
    .option('--name <name>', "the sensor's name (default: the last part of the stream's)");
  addJsonOption(addImpatientOptions(command))
    .addHelpText('after', examples('streams verify sensors/paul', 'streams verify sensors/paul --spool ./spool'))
    .action((stream: string, options: VerifyOptions) => run(context, stream, options));
}

async function run(context: Context, stream: string, options: VerifyOptions): Promise<void> {
  const { terminal, world } = context;
  if (options.name !== undefined && options.spool === undefined)
    throw wrongCall('Say with --spool where the spool is.');
  const { withImpatientClient } = await import('../../with_client.ts');
  const { verifyStream } = await import('../../verify_stream.ts');
  const spool = options.spool === undefined ? undefined : await readSpool(context, stream, options.spool, options.name);
  const progress = new Progress(`verifying ${stream}`, terminal, world.clock);
  const result = await withImpatientClient(context, options, (client, signal) =>
    verifyStream({
      client,
      stream,
      signal,
      spool,
      crc32: world.crc32,
      onProgress: (done, total) => progress.report(done, total, describeCount(done, 'record')),
    }),
  ).finally(() => progress.end());
  if (options.json === true) await terminal.printJson(result);
  else await explain(context, result);
  if (!result.equal || !result.complete) context.exitCode = exitCode.failure;
}

async function readSpool(context: Context, stream: string, folder: string, name = stream.split('/').at(-1) ?? '') {
  const { readSpoolStatus } = await import('@packetboat/engine-sqlite');
  const { spoolFolder } = await import('../../spool_folder.ts');
  return readSpoolStatus({ folder: spoolFolder(folder, name), world: context.world });
}

async function explain({ terminal }: Context, result: Verification): Promise<void> {
  const row = (name: string, value: string, verdict?: boolean): Promise<void> => {
    const mark =
      verdict === undefined ? '' : verdict ? terminal.style('green', '  equal') : terminal.style('red', '  DIFFERENT');
    return terminal.print(`  ${terminal.style('dim', name.padEnd(17))}${value}${mark}`);
  };
  const { spool, first, records } = result;
  await terminal.print(terminal.style('bold', result.stream));
  const trimmed = first === 0 ? '' : ` (offsets before ${first} were removed by retention)`;
  await row('read', `${describeCount(records - first, 'record')}${trimmed}`);
  await row('local checksum', describeChecksum(result.checksum));
  await row('server checksum', describeChecksum(result.serverChecksum), result.checksum === result.serverChecksum);
  if (spool !== undefined) {
    const { produced, waiting, lost, quarantined, sealedCount, sealedChecksum, checksumThere } = spool;
    const parts = [`${describeCount(produced, 'sample')} made`, `${waiting} waiting`, `${lost} lost`];
    await row('spool', [...parts, ...(quarantined > 0 ? [`${quarantined} damaged`] : [])].join(', '));
    const compared = checksumThere === undefined ? undefined : checksumThere === sealedChecksum;
    const short =
      compared === undefined ? ` after ${describeCount(sealedCount, 'record')}, which are not all there` : '';
    await row('spool checksum', `${describeChecksum(sealedChecksum)}${short}`, compared);
  }
  await terminal.print(
    result.problems.length === 0
      ? terminal.style('green', `equal and complete: ${describeCount(records, 'record')}`)
      : result.problems.map((problem) => terminal.style('red', problem)).join('\n'),
  );
}
