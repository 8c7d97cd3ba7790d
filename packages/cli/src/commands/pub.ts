/** `packetboat pub`: publishes records, and says what the server has. */
import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import type { Producer, Receipt } from '@packetboat/client';
import { PacketboatError, defaultLimits } from '@packetboat/core';
import { Argument, type Command } from 'commander';
import type { Context } from '../context.ts';
import { describeChecksum, describeCount } from '../describe.ts';
import { failure, wrongCall } from '../failure.ts';
import { readLines } from '../lines.ts';
import { type ImpatientOptions, type JsonOptions, addImpatientOptions, addJsonOption, examples } from '../options.ts';
import { explain } from '../report_error.ts';
import { parseStream } from '../values.ts';

interface PubOptions extends ImpatientOptions, JsonOptions {
  readonly create?: boolean;
  readonly file?: string;
}

export function pub(command: Command, context: Context): void {
  command
    .addArgument(new Argument('<stream>', 'name of the stream').argParser(parseStream))
    .argument('[data...]', 'records; without any, or as -, each line of stdin is one')
    .option('--create', 'create the stream if there is none of this name')
    .option('--file <file>', 'publish the content of a file as one record');
  addJsonOption(addImpatientOptions(command), 'the receipt as JSON')
    .addHelpText(
      'after',
      `
Exits with 0 only when the server has stored every record. The end of a line (LF or CRLF) is no part of its record.
${examples('pub rooms/lobby "hello" --create', 'pub logs/door < door.log', 'pub photos/42 --file photo.jpg')}`,
    )
    .action((stream: string, data: string[], options: PubOptions) => publish(context, stream, data, options));
}

async function publish(context: Context, stream: string, data: string[], options: PubOptions): Promise<void> {
  if (options.file !== undefined && data.length > 0) throw wrongCall('Give either records or --file, not both.');
  const file = options.file === undefined ? undefined : await readFile(options.file);
  const { withImpatientClient, reasonOf } = await import('../with_client.ts');
  await withImpatientClient(context, options, async (client, signal) => {
    const { id, create = false } = options;
    const onRefused = tellOnce((message) => context.terminal.warn(`${message}; trying again`));
    const producer = await client.producer(stream, { ...(id !== undefined && { id }), create, onRefused });
    const publishing = new Publishing(producer);
    try {
      await publishing.run(file === undefined ? inputRecords(context, data, signal) : [file]);
    } catch (error) {
      throw publishing.explainFailure(reasonOf(error), stream);
    }
    await tellReceipt(context, stream, publishing, options);
  });
}

/** Tells each reason why nothing is stored meanwhile once. */
function tellOnce(tell: (message: string) => void): (reason: PacketboatError) => void {
  const told = new Set<string>();
  return ({ message }) => {
    if (told.has(message)) return;
    told.add(message);
    tell(message);
  };
}

function inputRecords(
  context: Context,
  data: readonly string[],
  signal: AbortSignal,
): Iterable<string> | AsyncIterable<Uint8Array> {
  if (data.length > 0 && !(data.length === 1 && data[0] === '-')) return data;
  if (context.stdin.isTTY === true) context.terminal.say('Each line is a record; Ctrl-D ends.');
  return readLines(addAbortSignal(signal, context.stdin), defaultLimits.recordBytesMax);
}

/** Publishes in order, and counts what is known to be stored. */
class Publishing {
  readonly producer: Producer;
  taken = 0;
  stored = 0;
  receipt: Receipt | undefined;
  #refusal: unknown;

  constructor(producer: Producer) {
    this.producer = producer;
  }

  async run(records: Iterable<string | Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const record of records) {
        await this.producer.ready();
        // What is refused by itself, as too large, is seen here before anything after it is published.
        if (this.#refusal !== undefined) break;
        this.taken += 1;
        this.producer.publish(record).then(
          (receipt) => this.#stored(receipt),
          (error: unknown) => (this.#refusal ??= error),
        );
      }
    } finally {
      // What came before a bad line was promised to be published.
      await this.producer.flush();
    }
    if (this.#refusal !== undefined) throw this.#refusal;
    await this.producer.close();
  }

  /** The error, with what it leaves stored and what not. */
  explainFailure(error: unknown, stream: string): Error {
    const { message, code } = explain(error);
    const rest = this.taken - this.stored;
    // After a refusal nothing more is stored; of what a cut leaves open nobody can know.
    const refused = error instanceof PacketboatError && !['unreachable', 'aborted'].includes(error.code);
    const fate = refused ? 'not stored' : 'without a receipt, stored or not';
    const left = rest === 0 ? '' : `, ${describeCount(rest, 'record')} ${fate}`;
    return failure(`${message} ${describeCount(this.stored, 'record')} stored in ${stream}${left}.`, code);
  }

  #stored(receipt: Receipt): void {
    this.stored += 1;
    this.receipt = receipt;
  }
}

async function tellReceipt(
  { terminal }: Context,
  stream: string,
  { producer, stored, receipt }: Publishing,
  { json = false }: PubOptions,
): Promise<void> {
  if (json) {
    await terminal.printJson({ stream, producer: producer.id, epoch: producer.epoch, records: stored, receipt });
  } else if (receipt === undefined) {
    terminal.say('There was nothing to publish.');
  } else if (!terminal.quiet) {
    const { offset, checksum, durability } = receipt.proof;
    const where = `the stream has ${describeCount(offset, 'record')} now, checksum ${describeChecksum(checksum)}`;
    await terminal.print(`${describeCount(stored, 'record')} stored in ${stream} (${durability}); ${where}`);
  }
}
