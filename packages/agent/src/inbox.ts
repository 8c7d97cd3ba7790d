/**
 * The inbox: what others append to `devices/<name>/inbox` is handed over one by one, in order (C0.5).
 *
 * The cursor moves only after a record was handled. So a record is handled *at least once*: a kill between the
 * handling and the commit hands it over again after the restart (P4). A handler that must not act twice
 * remembers the offset it is given.
 *
 * A handler that fails gets the same record again, after a growing pause and for ever: later records wait, because
 * order is promised and skipping is not ours to decide.
 */
import { PacketboatError, type Gap, type World } from '@packetboat/core';
import { Backoff } from './backoff.ts';
import { checkSensorName, inboxStream } from './names.ts';
import { orAborted } from './or_aborted.ts';
import { pause } from './pause.ts';
import { QuietTeller } from './quiet_teller.ts';

const retryFirstMs = 500;
const retryMostMs = 60_000;
/** How often a stream that does not exist yet is asked for, at most. */
const absentMostMs = 5_000;

/** The part of the SDK's record that is used. */
export interface InboxRecord {
  readonly offset: number;
  readonly timeNs: bigint;
  readonly bytes: Uint8Array;
  /** Set for what was lost to a limit: there are no bytes then. */
  readonly gap?: Gap | undefined;
}

/** The part of the SDK's reader that is used. */
export interface InboxReader extends AsyncIterable<InboxRecord> {
  /** Everything before `offset` is done with. */
  commit(offset: number): Promise<void>;
}

/** The part of the SDK's client that is used. */
export interface InboxClient {
  read(
    stream: string,
    options: { readonly from: 'cursor'; readonly cursor: string; readonly signal: AbortSignal },
  ): InboxReader;
}

/** Handles one record; a rejection means: not handled, give it again. */
export type InboxHandler = (record: InboxRecord, context: InboxContext) => Promise<void>;

export interface InboxContext {
  readonly stream: string;
  readonly signal: AbortSignal;
}

/** Options of {@linkcode followInbox}. */
export interface InboxOptions {
  /** The device; its inbox is `devices/<name>/inbox`. */
  readonly name: string;
  readonly client: InboxClient;
  readonly world: World;
  readonly handler: InboxHandler;
  /** Name of the durable cursor. @default 'agent' */
  readonly cursor?: string;
  /** Told what goes wrong and goes on, without a flood. @default nobody */
  readonly onProblem?: (message: string) => void;
}

export interface Inbox {
  /** Settles after a stop or when the stream ended; rejects with the reason when it cannot be read. */
  readonly done: Promise<void>;
  /** Stops; a record being handled is given up and comes again after the next start. Never rejects. */
  stop(): Promise<void>;
}

/**
 * Follows a device's inbox.
 *
 * @throws {PacketboatError} `badName`.
 */
export function followInbox(options: InboxOptions): Inbox {
  checkSensorName(options.name);
  return new InboxRun(options);
}

class InboxRun implements Inbox {
  readonly done: Promise<void>;
  readonly #options: InboxOptions;
  readonly #stream: string;
  readonly #teller: QuietTeller;
  readonly #stopping = new AbortController();

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#stream = inboxStream(options.name);
    this.#teller = new QuietTeller(options.world.clock, options.onProblem ?? (() => {}));
    this.done = this.#run();
    // Whoever only stops need not watch `done`; whoever watches it still sees the rejection.
    this.done.catch(() => {});
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.done.catch(() => {});
  }

  /** Reads, and asks again for a stream that does not exist yet. */
  async #run(): Promise<void> {
    const { world } = this.#options;
    const { signal } = this.#stopping;
    const backoff = new Backoff(world.random, retryFirstMs, absentMostMs);
    while (!signal.aborted) {
      try {
        await this.#read();
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof PacketboatError && error.code === 'notFound')) throw error;
        this.#teller.tell(`${this.#stream} does not exist yet: waiting for it`);
      }
      await pause(world.timers, backoff.nextMs(), signal);
    }
  }

  async #read(): Promise<void> {
    const { client, cursor = 'agent' } = this.#options;
    const { signal } = this.#stopping;
    const reader = client.read(this.#stream, { from: 'cursor', cursor, signal });
    for await (const record of reader) {
      if (record.gap === undefined) await this.#handle(record);
      else this.#teller.tell(`${record.gap.count} records of ${this.#stream} are lost: ${record.gap.reason}`);
      if (signal.aborted) return;
      await orAborted(reader.commit(record.offset + 1), signal);
    }
  }

  /** Hands the record over until it is handled, or a stop. */
  async #handle(record: InboxRecord): Promise<void> {
    const { world, handler } = this.#options;
    const { signal } = this.#stopping;
    const backoff = new Backoff(world.random, retryFirstMs, retryMostMs);
    while (!signal.aborted) {
      try {
        await handler(record, { stream: this.#stream, signal });
        return;
      } catch (error) {
        if (signal.aborted) return;
        const why = error instanceof Error ? error.message : String(error);
        this.#teller.tell(`Record ${record.offset} of ${this.#stream} was not handled, trying again: ${why}`);
      }
      await pause(world.timers, backoff.nextMs(), signal);
    }
  }
}
