import { defaultLimits, type Limits, PacketboatError, quoted, type WhenExpired, type World } from '@packetboat/core';
import { type BackoffOptions, resolveBackoff } from './backoff.ts';
import { Client } from './client.ts';
import { platformWorld } from './platform_world.ts';
import type { SessionKeeper } from './session_keeper.ts';
import type { StatusEvent } from './status.ts';
import type { WebSocketConstructor } from './web_socket.ts';

/** Options of {@linkcode connect}. */
export interface ConnectOptions {
  /** Name of the program, for the server's log. @default 'packetboat-client' */
  readonly client?: string;
  /** Credentials. @default none */
  readonly auth?: string;
  /**
   * Keeps the session's identity, so that the next life of this program goes on in it. Two lives at once with one keeper
   * take the session from each other: the one that loses it ends with `takenOver`.
   * @default none: the session lives as long as this client
   */
  readonly session?: SessionKeeper;
  /**
   * What to do when the session was away for longer than its window: `renew` begins another one, in which producers and
   * readers lose and repeat nothing; `fail` ends with `expired`.
   * @default 'renew'
   */
  readonly whenExpired?: WhenExpired;
  /**
   * Settles at once, also while there is no server: for programs that publish through an outbox. A final refusal is then
   * told by `onStatus`, and by everything that needs the server. @default false
   */
  readonly startOffline?: boolean;
  /** Clock, timers, chance and CRC-32. @default those of the platform */
  readonly world?: World;
  /** Class of WebSockets; in Node, the one of `ws` is faster. @default the global `WebSocket` */
  readonly webSocket?: WebSocketConstructor;
  /**
   * Gives up: before the first welcome `connect` rejects with `aborted`, afterwards the client is closed. A session that
   * is kept (see `session`) does not end: the next life of the program goes on in it.
   */
  readonly signal?: AbortSignal;
  /** How long to wait before coming back. @default 250 ms, doubling, at most 15 s, with full jitter */
  readonly backoff?: BackoffOptions;
  /** Told on each change of the status: the place to show or log why the connection is not there. */
  readonly onStatus?: (event: StatusEvent) => void;
  /** Bounds of what this side holds and sends; the server may lower them. @default defaultLimits */
  readonly limits?: Limits;
}

const sessionPath = '/v1/session';

/**
 * Connects to a server and stays connected: after every cut, for ever, with exponential backoff and full jitter.
 * It waits for a server that is not there yet, unless told to `startOffline`.
 *
 * Rejects only when coming back cannot help: with `aborted`, and with the code of a final refusal
 * (`unauthorized`, `unknownVersion`, `expired` if it was asked for …).
 *
 * @param url `http://host:port` or `https://host:port`; `ws:` and `wss:` mean the same.
 *
 * @example
 * ```ts
 * import { connect } from '@packetboat/client';
 *
 * const client = await connect('http://127.0.0.1:8000');
 * const producer = await client.producer('greetings', { create: true });
 * await producer.publish('hello');
 * await client.close();
 * ```
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Client> {
  const client = new Client({
    url: sessionUrl(url),
    webSocket: options.webSocket ?? globalThis.WebSocket,
    world: options.world ?? platformWorld,
    limits: options.limits ?? defaultLimits,
    backoff: resolveBackoff(options.backoff),
    client: options.client ?? 'packetboat-client',
    auth: options.auth,
    keeper: options.session,
    whenExpired: options.whenExpired ?? 'renew',
    signal: options.signal,
    onStatus: options.onStatus ?? (() => undefined),
  });
  const opened = client.open();
  if (options.startOffline === true) opened.catch(() => undefined);
  else await opened;
  return client;
}

function sessionUrl(text: string): string {
  const url = URL.parse(text);
  const protocol = url === null ? undefined : webSocketProtocols.get(url.protocol);
  if (url === null || protocol === undefined) {
    throw new PacketboatError('badRequest', `${quoted(text)} is not the address of a server: http://host:port`);
  }
  return `${protocol}//${url.host}${url.pathname.replace(/\/$/, '')}${sessionPath}`;
}

const webSocketProtocols = new Map([
  ['http:', 'ws:'],
  ['https:', 'wss:'],
  ['ws:', 'ws:'],
  ['wss:', 'wss:'],
]);
