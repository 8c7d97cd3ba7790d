import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultLimits, type Limits, PacketboatError, quoted, type Store, type World } from '@packetboat/core';
import { Broker } from './broker/broker.ts';
import { Connections } from './doors/connections.ts';
import { healthz, metrics, readyz } from './doors/health_door.ts';
import { HostCheck, isLoopback, urlHost } from './doors/host_check.ts';
import { handleRequest, makeHttpServer, type Routes } from './doors/http_server.ts';
import { lineDoor } from './doors/line_door.ts';
import { makeMetrics } from './doors/metrics.ts';
import { openSessionDoor } from './doors/session_door.ts';
import { type ServerLog, silentLog } from './server_log.ts';

/** Options of {@linkcode startServer}. */
export interface ServerOptions {
  /** The caller opened it and closes it, after {@linkcode Server.stop}. */
  readonly store: Store;
  readonly world: World;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 lets the system choose. @default 8000 */
  readonly port?: number;
  /** @default defaultLimits */
  readonly limits?: Limits;
  /** @default silent */
  readonly log?: ServerLog;
  /** Binds beyond loopback although there are no accounts (P9). @default false */
  readonly insecure?: boolean;
  /** Further names in the `Host` header that lead to a server on loopback. @default none */
  readonly allowedHosts?: readonly string[];
}

/** A running server. */
export interface Server {
  /** Where clients connect: `http://host:port`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Stops gracefully, in bounded time; stopping twice is harmless. */
  stop(reason?: string): Promise<void>;
  /** Settles when the store has failed (P8): nothing is acknowledged any more, and the process should exit. */
  readonly failed: Promise<Error>;
}

/**
 * Starts a server over a store.
 *
 * @throws {PacketboatError} `forbidden` for an address beyond loopback without `insecure`, `unreachable` when it
 * cannot listen there.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { store, world, host = '127.0.0.1', port = 8000, limits = defaultLimits, log = silentLog } = options;
  if (!isLoopback(host) && options.insecure !== true) {
    const message = `Listening on ${quoted(host)} would let anybody in: there are no accounts yet (--insecure allows it)`;
    throw new PacketboatError('forbidden', message);
  }
  const broker = new Broker({ store, world, limits, log });
  const server = makeHttpServer(broker);
  const connections = new Connections(server, broker);
  const routes = routesOf(broker, connections);
  const context = { broker, routes, connections, hostCheck: new HostCheck(host, options.allowedHosts ?? []) };
  server.on('request', handleRequest(context));
  server.on('checkContinue', handleRequest(context));
  openSessionDoor(server, context);
  const bound = await listen(server, host, port);
  server.on('error', (error) => log.error({ error: error.message }, 'a connection could not be accepted'));
  let stopped: Promise<void> | undefined;
  return {
    url: `http://${urlHost(host)}:${bound}`,
    host,
    port: bound,
    stop: (reason) => (stopped ??= stop(server, broker, connections, reason)),
    failed: broker.failed,
  };
}

function routesOf(broker: Broker, connections: Connections): Routes {
  return new Map([
    ['/', new Map([['POST', lineDoor(broker)]])],
    ['/healthz', new Map([['GET', healthz]])],
    ['/readyz', new Map([['GET', readyz(broker)]])],
    ['/metrics', new Map([['GET', metrics(makeMetrics(broker, connections))]])],
  ]);
}

async function listen(server: HttpServer, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'another program uses it' : String(error);
    throw new PacketboatError('unreachable', `Cannot listen on ${host}:${port}: ${why}`, { cause: error });
  } finally {
    server.off('error', reject);
  }
  return (server.address() as AddressInfo).port;
}

/** New connections are refused at once; those that exist are told, served and closed; what then stays open is cut. */
async function stop(
  server: HttpServer,
  broker: Broker,
  connections: Connections,
  reason: string | undefined,
): Promise<void> {
  const { timers } = broker.world;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await broker.stop(reason);
  const timer = timers.after(Math.min(1_000, broker.limits.stopTimeoutMs), () => connections.destroyAll());
  server.closeIdleConnections();
  await closed;
  timer.cancel();
}
