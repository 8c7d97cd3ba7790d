import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultLimits, type Limits, PacketboatError, quoted, type Store, type World } from '@packetboat/core';
import { Broker } from './broker/broker.ts';
import { KeptAnswers } from './broker/kept_answers.ts';
import { apiApp } from './doors/api/api_app.ts';
import { apiDoor } from './doors/api/api_door.ts';
import { documentsOf } from './doors/api/documents.ts';
import { checkOrigin } from './doors/check_origin.ts';
import { Connections } from './doors/connections.ts';
import { CrossOrigin } from './doors/cross_origin.ts';
import { doorOf } from './doors/door.ts';
import { healthz, metrics, readyz } from './doors/health_door.ts';
import { HostCheck, isLoopback, urlHost } from './doors/host_check.ts';
import { handleRequest, makeHttpServer } from './doors/http_server.ts';
import { inTurn } from './doors/in_turn.ts';
import { lineDoor } from './doors/line_door.ts';
import { HttpMeter } from './doors/metrics/http_meter.ts';
import { makeMetrics } from './doors/metrics/metrics.ts';
import { RateLimit } from './doors/rate_limit.ts';
import { openSessionDoor } from './doors/session_door.ts';
import { streamDoor } from './doors/streams/stream_door.ts';
import { streamPrefix } from './doors/streams/stream_name.ts';
import { Surface } from './doors/surface.ts';
import { type ServerLog, silentLog } from './server_log.ts';
import { makeCallWebhook } from './subscriptions/call_webhook.ts';
import { subscriptionDoor } from './subscriptions/subscription_door.ts';
import { controlPath } from './subscriptions/subscription_url.ts';
import { Subscriptions } from './subscriptions/subscriptions.ts';
import type { WebhookOptions } from './subscriptions/webhook_target.ts';

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
  /** Where clients reach it, for links in answers: `https://boat.example`. @default `http://` and the request's `Host` */
  readonly publicUrl?: string | undefined;
  /** Which webhooks of subscriptions are called. @default none */
  readonly webhooks?: WebhookOptions;
  /** Origins (`https://console.example`) whose pages may use this server from a browser. @default none */
  readonly corsOrigins?: readonly string[];
}

/**
 * Connections that may wait to be accepted (the system may allow fewer). With less, a fleet that comes back at one moment
 * overflows it, and whose packet was dropped is heard again only after seconds.
 */
const backlog = 4_096;

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
 * @throws {PacketboatError} `forbidden` for an address beyond loopback without `insecure`, `badRequest` for an origin
 * or a name of a host that is none, `unreachable` when it cannot listen there.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { store, world, host = '127.0.0.1', port = 8000, limits = defaultLimits, log = silentLog } = options;
  if (!isLoopback(host) && options.insecure !== true) {
    const message = `Listening on ${quoted(host)} would let anybody in: there are no accounts yet (--insecure allows it)`;
    throw new PacketboatError('forbidden', message);
  }
  const crossOrigin = new CrossOrigin(options.corsOrigins ?? []);
  const { allowedHosts = [], publicUrl } = options;
  if (publicUrl !== undefined) checkOrigin(publicUrl);
  const names = publicUrl === undefined ? allowedHosts : [...allowedHosts, new URL(publicUrl).hostname];
  const hostCheck = new HostCheck(host, names, crossOrigin);
  const broker = new Broker({ store, world, limits, log });
  const call = makeCallWebhook(world, limits);
  const subscriptions = await Subscriptions.open({ broker, webhooks: options.webhooks, call });
  const server = makeHttpServer(broker);
  const connections = new Connections(server, broker);
  const kept = KeptAnswers.ofHttp(broker);
  const meter = new HttpMeter(world.clock);
  const surface = surfaceOf({ broker, connections, subscriptions, kept, meter, publicUrl });
  const context = { broker, surface, connections, crossOrigin, hostCheck, meter };
  const answer = inTurn(broker, handleRequest(context));
  server.on('request', answer);
  server.on('checkContinue', answer);
  openSessionDoor(server, context);
  const bound = await listen(server, host, port);
  server.on('error', (error) => log.error({ error: error.message }, 'a connection could not be accepted'));
  subscriptions.start();
  kept.start();
  let stopped: Promise<void> | undefined;
  return {
    url: `http://${urlHost(host)}:${bound}`,
    host,
    port: bound,
    stop: (reason) => (stopped ??= stop(server, broker, connections, [subscriptions, kept], reason)),
    failed: broker.failed,
  };
}

/** What the doors lead to. */
interface SurfaceParts {
  readonly broker: Broker;
  readonly connections: Connections;
  readonly subscriptions: Subscriptions;
  readonly kept: KeptAnswers;
  readonly meter: HttpMeter;
  readonly publicUrl: string | undefined;
}

/** All that is served over HTTP, beside the WebSockets of `openSessionDoor`: the nearest path answers. */
function surfaceOf({ broker, connections, subscriptions, kept, meter, publicUrl }: SurfaceParts): Surface {
  const { rateWindowMs: windowMs, apiRequestsPerWindowMax, appendsPerWindowMax } = broker.limits;
  const calls = new RateLimit({ name: 'api', requestsMax: apiRequestsPerWindowMax, windowMs });
  const appends = new RateLimit({ name: 'append', requestsMax: appendsPerWindowMax, windowMs });
  const app = apiApp(broker, kept);
  const { openapi, reference } = documentsOf(app);
  return new Surface({
    '/': appends.before(doorOf({ POST: lineDoor(broker) })),
    [`${streamPrefix}*`]: appends.before(streamDoor(broker, publicUrl), ['POST', 'PUT']),
    [`${controlPath}/*`]: calls.before(subscriptionDoor(broker, subscriptions, publicUrl)),
    '/v1/*': calls.before(apiDoor(app)),
    '/openapi.json': openapi,
    '/docs/api': reference,
    '/healthz': doorOf({ GET: healthz }),
    '/readyz': doorOf({ GET: readyz(broker) }),
    '/metrics': doorOf({ GET: metrics(makeMetrics({ broker, connections, subscriptions, meter })) }),
  });
}

async function listen(server: HttpServer, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port, host, backlog }, resolve);
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
  services: readonly { stop(): void }[],
  reason: string | undefined,
): Promise<void> {
  const { timers } = broker.world;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const service of services) service.stop();
  await broker.stop(reason);
  const timer = timers.after(Math.min(1_000, broker.limits.stopTimeoutMs), () => connections.destroyAll());
  server.closeIdleConnections();
  await closed;
  timer.cancel();
}
