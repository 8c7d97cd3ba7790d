import type { Client } from '../client.ts';
import type { ReadRecord } from '../read_record.ts';
import type { Reader, ReadOptions } from '../reader.ts';
import { SegmentMaker, subscribed } from './scripted_answers.ts';
import { ScriptedServer } from './scripted_server.ts';

/** A reader whose loop runs, and what the loop got. */
export interface ReaderBench {
  readonly server: ScriptedServer;
  readonly client: Client;
  readonly reader: Reader;
  readonly make: SegmentMaker;
  /** What the loop has had: `offset text`, or `gap from…to`. */
  readonly got: string[];
  /** Settles when the loop has ended, with the error that it threw. */
  readonly looped: Promise<unknown>;
}

/** A reader that the server has let in at `from`, with its loop running. */
export async function openedReader(options: ReadOptions = {}, from = 0): Promise<ReaderBench> {
  const server = new ScriptedServer();
  const client = await server.connected({ backoff: { firstMs: 10, capMs: 100 } });
  const reader = client.read('s', options);
  const got: string[] = [];
  const looped = loop(reader, got);
  await server.virtual.advance(5);
  await server.say(subscribed(server, from));
  return { server, client, reader, make: new SegmentMaker(server, from), got, looped };
}

/** Reads until the loop ends; gives the error that it threw. */
async function loop(reader: Reader, got: string[]): Promise<unknown> {
  try {
    for await (const record of reader) got.push(described(record));
    return undefined;
  } catch (error) {
    return error;
  }
}

function described({ offset, gap, bytes }: ReadRecord): string {
  return gap === undefined ? `${offset} ${new TextDecoder().decode(bytes)}` : `gap ${gap.from}…${gap.to} ${gap.reason}`;
}
