import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { hex, PacketboatError, quoted } from '@packetboat/core';
import { asPacketboatError } from '../as_packetboat_error.ts';
import type { Broker } from '../broker/broker.ts';
import type { Connections } from './connections.ts';
import { allowOf, answerOptions, type CrossOrigin } from './cross_origin.ts';
import { endAfterBody } from './end_after_body.ts';
import type { HostCheck } from './host_check.ts';
import type { HttpMeter } from './metrics/http_meter.ts';
import { sendProblem } from './problem.ts';
import { answerRaw } from './raw_answer.ts';
import type { Surface } from './surface.ts';

/** What {@linkcode handleRequest} needs. */
export interface RequestContext {
  readonly broker: Broker;
  readonly surface: Surface;
  readonly hostCheck: HostCheck;
  readonly crossOrigin: CrossOrigin;
  readonly connections: Connections;
  readonly meter: HttpMeter;
}

const safeMethods: readonly (string | undefined)[] = ['GET', 'HEAD', 'OPTIONS'];
/** How often Node looks for requests that take too long. */
const checkEveryMs = 1_000;

/** A bare HTTP server with every limit set (FAILURES section 5); it listens to nothing yet. */
export function makeHttpServer(broker: Broker): Server {
  const { headerBytesMax, headersTimeoutMs, requestTimeoutMs, keepAliveMs } = broker.limits;
  const server = createServer({
    maxHeaderSize: headerBytesMax,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.min(checkEveryMs, headersTimeoutMs, requestTimeoutMs),
    insecureHTTPParser: false,
    // What else clients offer to upgrade to (Java: h2c) is ignored, and the request answered (RFC 9110 section 7.8).
    shouldUpgradeCallback: asksForWebSocket,
    // Ours says it as problem+json.
    requireHostHeader: false,
  });
  // Node drops fields above its own count silently; ours are counted and refused.
  server.maxHeadersCount = 0;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const told = clientErrorOf(error);
    broker.counters.refused(told.code);
    answerRaw(socket, told);
  });
  return server;
}

/** Answers requests by the doors of the surface. */
export function handleRequest(context: RequestContext): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    context.meter.watch(meteredRoute(context.surface, request), request, response);
    const requestId = requestIdOf(request, context.broker);
    response.setHeader('X-Request-Id', requestId);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    context.crossOrigin.admit(request, response);
    route(context, request, response).catch((error) => {
      const told = asPacketboatError(error);
      context.broker.counters.refused(told.code);
      if (told.code === 'internal') context.broker.log.error({ requestId, error }, 'a defect was met');
      // What is left of the body is not looked at: the connection cannot go on.
      if (!request.complete) response.setHeader('Connection', 'close');
      if (!sendProblem(response, told, requestId)) return;
      const { timers } = context.broker.world;
      endAfterBody(request, response, { timers, limits: context.broker.limits });
    });
  };
}

/** Checks what every request must hold, an upgrade too. @throws {PacketboatError} */
export function checkHead(request: IncomingMessage, context: RequestContext): void {
  const { hostCheck, broker } = context;
  const { headersMax, urlBytesMax } = broker.limits;
  const { headers, headersDistinct, rawHeaders, url = '', method } = request;
  if (rawHeaders.length / 2 > headersMax) {
    throw new PacketboatError('headersTooLarge', `More than ${headersMax} header fields (headersMax)`);
  }
  if (url.length > urlBytesMax) {
    throw new PacketboatError('urlTooLong', `The request target is over ${urlBytesMax} bytes (urlBytesMax)`);
  }
  if (!url.startsWith('/')) throw new PacketboatError('badRequest', `Request target ${quoted(url)} is no path`);
  // Whoever stands between may have looked at another one (RFC 9112 section 3.2).
  if ((headersDistinct['host']?.length ?? 0) > 1)
    throw new PacketboatError('badRequest', 'There is more than one Host');
  hostCheck.checkHost(headers.host);
  if (asksForWebSocket(request) || !safeMethods.includes(method)) hostCheck.checkOrigin(headers.origin, headers.host);
}

function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Refuses an upgrade. */
export function refuseUpgrade(context: RequestContext, socket: Duplex, error: unknown): void {
  const told = asPacketboatError(error);
  context.broker.counters.refused(told.code);
  answerRaw(socket, told);
}

/** The path of a request, without its query. */
export function pathOf(request: IncomingMessage): string {
  const [path = ''] = (request.url ?? '').split('?', 1);
  return path;
}

async function route(context: RequestContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const full = context.connections.refusal(request.socket);
  if (full !== undefined) {
    response.setHeader('Connection', 'close');
    throw full;
  }
  checkHead(request, context);
  const path = pathOf(request);
  const door = context.surface.find(path);
  const methods = door?.methods(path) ?? [];
  if (door === undefined || methods.length === 0) {
    throw new PacketboatError('unknownPath', `There is nothing at ${quoted(path)}`);
  }
  const { method = '' } = request;
  if (method === 'OPTIONS') return answerOptions(response, methods);
  if (!methods.includes(method)) {
    response.setHeader('Allow', allowOf(methods));
    throw new PacketboatError('methodNotAllowed', `${quoted(method)} is not done to ${quoted(path)}`);
  }
  await door.handle(request, response);
}

/** Live reads last as long as their readers like: they are told from others, whose times mean something. */
function meteredRoute(surface: Surface, request: IncomingMessage): string {
  const path = pathOf(request);
  const live = /[?&]live=/.test(request.url?.slice(path.length) ?? '');
  return live ? `${surface.route(path)}?live` : surface.route(path);
}

function requestIdOf(request: IncomingMessage, broker: Broker): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : hex(broker.world.random.bytes(8));
}

function clientErrorOf(error: NodeJS.ErrnoException): PacketboatError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new PacketboatError('headersTooLarge', 'The header is too large (headerBytesMax)');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new PacketboatError('timeout', 'The request was not complete in time');
    default:
      return new PacketboatError('badRequest', 'The request is malformed');
  }
}
