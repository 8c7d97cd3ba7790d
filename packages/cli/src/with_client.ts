/** Connections to a server, for commands that wait for ever and for commands that give up. */
import {
  type Client,
  connect,
  type ConnectOptions,
  type StatusEvent,
  type WebSocketConstructor,
} from '@packetboat/client';
import { PacketboatError, type Timer } from '@packetboat/core';
import manifest from '../package.json' with { type: 'json' };
import { BoundedWebSocket } from './bounded_web_socket.ts';
import type { Context } from './context.ts';
import { describeDuration } from './describe.ts';
import { LinkTeller } from './link_teller.ts';
import type { ImpatientOptions, ServerOptions } from './options.ts';

const clientName = `packetboat/${manifest.version}`;

/** How {@linkcode openClient} waits. */
export interface OpenClientOptions extends Pick<ConnectOptions, 'session' | 'whenExpired' | 'webSocket'> {
  /** @default tells a person of outages */
  readonly onStatus?: (event: StatusEvent) => void;
  /** Gives up. @default when the command is interrupted */
  readonly signal?: AbortSignal;
  /** The longest wait between two attempts. @default 30_000, good for a fleet */
  readonly retryMsMax?: number;
}

/** Connects and stays connected; the first connection is waited for as long as it takes. */
export function openClient(
  context: Context,
  { server, id }: ServerOptions,
  options: OpenClientOptions = {},
): Promise<Client> {
  const { world, terminal, interruption } = context;
  const { retryMsMax: capMs = 30_000, ...rest } = options;
  return connect(server, {
    client: id ?? clientName,
    world,
    // The types of `ws` say much more than the SDK uses.
    webSocket: BoundedWebSocket as unknown as WebSocketConstructor,
    backoff: { capMs },
    onStatus: new LinkTeller(server, world.clock, terminal).heard,
    signal: interruption.signal,
    ...rest,
  });
}

/**
 * Uses a connection, and gives up once there was none for `options.timeout`.
 *
 * @param use Its signal aborts when the command gives up or is interrupted.
 * @throws {PacketboatError} `unreachable` after that time, `aborted` when interrupted, or what `use` throws.
 */
export async function withImpatientClient<Result>(
  context: Context,
  options: ImpatientOptions,
  use: (client: Client, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const patience = new Patience(context, options);
  const signal = AbortSignal.any([context.interruption.signal, patience.signal]);
  let client: Client | undefined;
  try {
    client = await openClient(context, options, { onStatus: patience.heard, signal });
    return await use(client, signal);
  } catch (error) {
    throw reasonOf(error);
  } finally {
    patience.end();
    await client?.close();
  }
}

/** Why something was given up, rather than that it was. */
export function reasonOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof PacketboatError && isAbort(error) ? error.cause : error;
}

function isAbort(error: Error): boolean {
  return error.name === 'AbortError' || (error instanceof PacketboatError && error.code === 'aborted');
}

/** Counts the time without a connection. */
class Patience {
  readonly signal: AbortSignal;
  readonly #over = new AbortController();
  readonly #context: Context;
  readonly #options: ImpatientOptions;
  #timer: Timer | undefined;
  #reason = 'no answer';

  constructor(context: Context, options: ImpatientOptions) {
    this.#context = context;
    this.#options = options;
    this.signal = this.#over.signal;
  }

  readonly heard = ({ status, reason }: StatusEvent): void => {
    const { terminal, world } = this.#context;
    if (reason !== undefined) this.#reason = reason.message;
    if (status === 'connected' || status === 'closed') return this.end();
    if (status === 'waiting') terminal.detail(`no connection yet: ${this.#reason}`);
    const { timeout } = this.#options;
    if (timeout > 0) this.#timer ??= world.timers.after(timeout, () => this.#giveUp());
  };

  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #giveUp(): void {
    const { server, timeout } = this.#options;
    const why = `No connection to ${server} for ${describeDuration(timeout)}: ${this.#reason}`;
    this.#over.abort(new PacketboatError('unreachable', why));
  }
}
