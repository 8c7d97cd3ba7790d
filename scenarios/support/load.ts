/** Producers that publish numbered records for as long as they may, and remember what was acknowledged. */
import assert from 'node:assert/strict';
import { type Client, connect } from '@packetboat/client';
import { PacketboatError } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';

/** What one producer did. */
interface Progress {
  readonly stream: string;
  /** Records handed to the SDK. */
  published: number;
  /** Records acknowledged: numbers 0 … acknowledged − 1. */
  acknowledged: number;
}

/** Options of {@linkcode startLoad}. */
export interface LoadOptions {
  /** Producers, each with a stream of its own. @default 4 */
  readonly producers?: number;
  /** Records that one producer has on the way. @default 200 */
  readonly inFlightMax?: number;
  /** Name of the streams: `<prefix>/<producer>`. @default 'load' */
  readonly prefix?: string;
  /** Gives up: also while it waits to be let in. @default never */
  readonly signal?: AbortSignal;
}

/** A running load. */
export interface Load {
  readonly progress: readonly Progress[];
  acknowledged(): number;
  /** Publishes no more, waits until everything is acknowledged, and disconnects. */
  finish(): Promise<void>;
  /** Ends at once: what is not acknowledged stays unknown. */
  abandon(): Promise<void>;
}

/** Starts producers against the server at `url`. They survive its crashes by themselves. */
export async function startLoad(url: string, options: LoadOptions = {}): Promise<Load> {
  const { producers = 4, inFlightMax = 200, prefix = 'load', signal } = options;
  const client = await connect(url, { client: 'load', world: nodeWorld, ...(signal && { signal }) });
  const stop = new AbortController();
  const progress = Array.from({ length: producers }, (_, index) => ({
    stream: `${prefix}/${index}`,
    published: 0,
    acknowledged: 0,
  }));
  const runs = progress.map((own) => produce(client, own, inFlightMax, stop.signal));
  // A producer that fails is told by `finish`; until then nobody waits for it.
  for (const running of runs) running.catch(() => undefined);
  return {
    progress,
    acknowledged: () => progress.reduce((sum, own) => sum + own.acknowledged, 0),
    async finish() {
      stop.abort();
      await Promise.all(runs);
      await client.close();
    },
    async abandon() {
      stop.abort();
      await client.close();
      await Promise.allSettled(runs);
    },
  };
}

async function produce(client: Client, own: Progress, inFlightMax: number, stop: AbortSignal): Promise<void> {
  const producer = await client.producer(own.stream, { create: true });
  const pending: Promise<void>[] = [];
  while (!stop.aborted) {
    const number = own.published++;
    const acknowledged = producer.publish(`${number}`).then(() => {
      assert.equal(own.acknowledged, number, 'receipts come in order');
      own.acknowledged = number + 1;
    });
    // The loop or the end waits for every one of them; a failure of a later one must not surface before.
    acknowledged.catch(() => undefined);
    pending.push(acknowledged);
    if (pending.length >= inFlightMax) await pending.shift();
  }
  await Promise.all(pending);
  await producer.close();
}

/**
 * Reads every stream of a load back: each holds the records 0, 1, 2 … in order, once, and at least as many
 * as were acknowledged.
 *
 * @returns how many records were found.
 */
export async function verifyLoad(url: string, progress: readonly Progress[]): Promise<number> {
  const client = await connect(url, { client: 'verify', world: nodeWorld });
  try {
    let found = 0;
    for (const own of progress) found += await verifyStream(client, own);
    return found;
  } finally {
    await client.close();
  }
}

async function verifyStream(client: Client, { stream, acknowledged, published }: Progress): Promise<number> {
  const decoder = new TextDecoder();
  let next = 0;
  try {
    for await (const record of client.read(stream, { from: 'start', untilCaughtUp: true })) {
      assert.equal(record.offset, next, `${stream}: offsets are dense`);
      assert.equal(decoder.decode(record.bytes), `${next}`, `${stream}: records are in order, once`);
      next += 1;
    }
  } catch (error) {
    // A stream need not exist while nothing of it was acknowledged.
    if (!(error instanceof PacketboatError && error.code === 'notFound' && acknowledged === 0)) throw error;
  }
  assert.ok(next >= acknowledged, `${stream}: ${next} records stored, ${acknowledged} acknowledged`);
  assert.ok(next <= published, `${stream}: ${next} records stored, ${published} published`);
  return next;
}
