/** `packetboat tail`: reads a stream, and goes on by itself after every cut. */
import type { ReadRecord, Reader } from '@packetboat/client';
import { Argument, type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { wrongCall } from '../failure.ts';
import { type JsonOptions, type ServerOptions, addJsonOption, addServerOptions, examples } from '../options.ts';
import { type RecordFormat, describeGap, humanFormat, jsonFormat, rawFormat } from '../record_format.ts';
import { type From, parseCount, parseFrom, parseStream } from '../values.ts';

/** A person is watching. */
const retryMsMax = 5_000;

interface TailOptions extends ServerOptions, JsonOptions {
  readonly from?: From;
  readonly cursor?: string;
  readonly untilCaughtUp?: boolean;
  readonly raw?: boolean;
  readonly limit?: number;
}

export function tail(command: Command, context: Context): void {
  command
    .addArgument(new Argument('<stream>', 'name of the stream').argParser(parseStream))
    .addOption(new Option('--from <where>', 'start, now, cursor, or an offset (default: now)').argParser(parseFrom))
    .option('--cursor <name>', 'durable cursor: go on after what was printed before under this name')
    .option('--until-caught-up', 'end when everything that exists was printed; reads from the start')
    .addOption(new Option('--limit <n>', 'end after n records').argParser(parseCount))
    .option('--raw', "the payloads' own bytes, without anything between them");
  addJsonOption(addServerOptions(command), 'one JSON object a line')
    .addHelpText(
      'after',
      `
Without --raw and --json, a record is one line: offset, local time, payload with control characters escaped.
A link that breaks is waited for; the reading goes on at the exact record.
${examples(
  'tail sensors/paul',
  'tail sensors/paul --from start --until-caught-up --raw > paul.log',
  'tail rooms/lobby --cursor my-phone',
)}`,
    )
    .action((stream: string, options: TailOptions) => follow(context, stream, options));
}

async function follow(context: Context, stream: string, options: TailOptions): Promise<void> {
  const { terminal, interruption } = context;
  if (options.raw === true && options.json === true) throw wrongCall('Give either --raw or --json, not both.');
  if (options.from === 'cursor' && options.cursor === undefined) throw wrongCall('Name the cursor with --cursor.');
  const { openClient } = await import('../with_client.ts');
  const client = await openClient(context, options, { retryMsMax });
  try {
    const { cursor, untilCaughtUp = false } = options;
    const from = options.from ?? (cursor !== undefined ? 'cursor' : untilCaughtUp ? 'start' : 'now');
    const reader = client.read(stream, {
      from,
      untilCaughtUp,
      signal: interruption.signal,
      ...(cursor !== undefined && { cursor }),
    });
    await reader.opened;
    if (!untilCaughtUp) {
      const older = from === 'now' ? '; --from start shows older records' : '';
      terminal.say(terminal.styleErr('dim', `reading ${stream} from offset ${reader.position?.offset}${older}`));
    }
    await print(context, reader, options);
    if (reader.ended === 'closed') terminal.say(`${stream} is closed: nothing more will come.`);
    if (reader.ended === 'deleted') terminal.warn(`${stream} was deleted.`);
  } finally {
    await client.close();
  }
}

async function print({ terminal }: Context, reader: Reader, options: TailOptions): Promise<void> {
  const { limit = Infinity, cursor } = options;
  const format = chooseFormat(options, terminal);
  let left = limit;
  if (left === 0) return;
  for await (const arrived of reader.batches()) {
    const records = arrived.slice(0, left);
    await write(terminal, records, format);
    const last = records.at(-1);
    // Printed is done with: only now may the cursor move (P4).
    if (cursor !== undefined && last !== undefined) await reader.commit(last.offset + 1);
    left -= records.length;
    if (left <= 0) return;
  }
}

function chooseFormat({ raw = false, json = false }: TailOptions, terminal: Context['terminal']): RecordFormat {
  if (json) return jsonFormat;
  if (!raw) return humanFormat(terminal);
  return (record) => {
    if (record.gap !== undefined) terminal.warn(describeGap(record.gap));
    return rawFormat(record);
  };
}

/** Writes many records at once: a call for each would be the slowest part. */
async function write(
  terminal: Context['terminal'],
  records: readonly ReadRecord[],
  format: RecordFormat,
): Promise<void> {
  const parts = records.map(format);
  const texts = parts.every((part) => typeof part === 'string');
  await terminal.write(texts ? parts.join('') : Buffer.concat(parts.map((part) => Buffer.from(part))));
}
