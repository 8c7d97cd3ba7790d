/**
 * Clients of the Durable Streams protocol as their authors publish them: idempotent producers that append numbered
 * records, and readers that follow. What they do across a restart of the server is theirs; what they lack is given as
 * the options they have: a `fetch` that asks again, and reading on from the last offset.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DurableStream, IdempotentProducer, stream } from '@durable-streams/client';

/** How a stream is written and read, and what its records look like in it. */
export interface LoadStream {
  readonly url: string;
  readonly contentType: 'application/json' | 'text/plain';
  readonly live: 'sse' | 'long-poll';
}

/** A record of a load: which producer made it, as its how-manieth. */
export interface LoadRecord {
  readonly producer: number;
  readonly number: number;
}

/** Pause before a request that failed is sent again. */
const retryMs = 25;
/** The client's own pauses grow to a minute while the server is away; a killed one is back within seconds. */
const backoffOptions = { initialDelay: retryMs, maxDelay: 250, multiplier: 1.3 };
/** Records of one producer that may wait for their acknowledgement. */
const inFlightMax = 300;

/** The record as it is handed to the client. */
function encode({ producer, number }: LoadRecord, { contentType }: LoadStream): string {
  return contentType === 'application/json' ? JSON.stringify({ producer, number }) : `${producer} ${number}\n`;
}

/** All records of a body or of what was read. */
function decode(text: string, { contentType }: LoadStream): LoadRecord[] {
  if (contentType === 'application/json') return JSON.parse(text) as LoadRecord[];
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => {
    const [producer = NaN, number = NaN] = line.split(' ').map(Number);
    return { producer, number };
  });
}

/** A producer that appends 0, 1, 2 … until it is stopped. */
export class LoadProducer {
  /** Records handed to the client. */
  appended = 0;
  /** Records whose request was answered with success: 0 … acknowledged − 1. */
  acknowledged = 0;
  readonly #producer: number;
  readonly #stream: LoadStream;
  readonly #client: IdempotentProducer;
  #failure: Error | undefined;

  /** @param abort Ends it whatever is on its way. */
  constructor(producer: number, to: LoadStream, abort: AbortSignal) {
    this.#producer = producer;
    this.#stream = to;
    const handle = new DurableStream({ url: to.url, contentType: to.contentType, warnOnHttp: false });
    this.#client = new IdempotentProducer(handle, `producer-${producer}`, {
      fetch: (input, init) => this.#send(input, init),
      signal: abort,
      onError: (error) => {
        this.#failure ??= error;
      },
    });
  }

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted && this.#failure === undefined) {
      for (; this.appended - this.acknowledged < inFlightMax; this.appended += 1) {
        this.#client.append(encode({ producer: this.#producer, number: this.appended }, this.#stream));
      }
      await pause(1);
    }
    await this.#client.flush();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The client sends a batch once; until it was answered, the same request is sent again. */
  async #send(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    for (;;) {
      init?.signal?.throwIfAborted();
      try {
        const response = await fetch(input, init);
        if (response.ok) this.#acknowledge(init?.body);
        if (response.status < 500) return response;
        await response.body?.cancel();
      } catch (error) {
        // What fetch throws when there is no connection, or none any more.
        if (!(error instanceof TypeError)) throw error;
      }
      await pause(retryMs);
    }
  }

  #acknowledge(body: unknown): void {
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array);
    const numbers = decode(text, this.#stream).map((record) => record.number);
    this.acknowledged = Math.max(this.acknowledged, (numbers.at(-1) ?? -1) + 1);
  }
}

/** Creates the stream. */
export async function createStream({ url, contentType }: LoadStream): Promise<void> {
  await DurableStream.create({ url, contentType, warnOnHttp: false });
}

/** Reads a stream whole. In its mode without live updates the client stops after the first page. */
export async function readWhole(from: LoadStream): Promise<LoadRecord[]> {
  const response = await stream({ url: from.url, offset: '-1', live: 'long-poll', warnOnHttp: false });
  if (from.contentType === 'application/json') return response.json<LoadRecord>();
  return decode(await response.text(), from);
}

/** Follows a stream until it is told to end, across whatever happens to the connection. */
export async function follow(from: LoadStream, seen: LoadRecord[], signal: AbortSignal): Promise<void> {
  let offset = '-1';
  const take = (records: readonly LoadRecord[], next: string): void => {
    seen.push(...records);
    offset = next;
  };
  while (!signal.aborted) {
    try {
      const { url, live } = from;
      const response = await stream({ url, offset, live, signal, backoffOptions, warnOnHttp: false });
      if (from.contentType === 'application/json') {
        response.subscribeJson<LoadRecord>((batch) => take(batch.items, batch.offset));
      } else {
        response.subscribeText((chunk) => take(decode(chunk.text, from), chunk.offset));
      }
      await response.closed;
    } catch {
      // Whatever ended it, reading goes on at the last offset; what cannot go on is seen by whoever counts.
      await pause(retryMs);
    }
  }
}
