import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PacketboatError, quoted } from '@packetboat/core';
import type { ProxySet } from '../proxy_set.ts';
import { readJson } from './read_json.ts';
import { type ApiAnswer, routes } from './routes.ts';

/** What the control API needs. */
export interface ApiOptions {
  readonly proxies: ProxySet;
  /** 0 lets the system choose. @default 8474, Toxiproxy's */
  readonly port?: number;
}

/** A control API that listens. */
export interface Api {
  readonly port: number;
  stop(): Promise<void>;
}

/** It has no accounts: only this machine reaches it (P9). */
const host = '127.0.0.1';
const portDefault = 8_474;
const ownNames: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];
/** FAILURES section 5. */
const limits = { maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 };
const connectionsMax = 100;

/**
 * Starts the HTTP control API on 127.0.0.1: Toxiproxy's, so that its clients work.
 *
 * @throws {PacketboatError} `unreachable` when it cannot listen there.
 */
export async function startApi({ proxies, port = portDefault }: ApiOptions): Promise<Api> {
  const server = createServer(limits, (request, response) => {
    answer(request, proxies).then(
      (given) => send(response, given),
      (error: unknown) => refuse(request, response, error),
    );
  });
  server.maxConnections = connectionsMax;
  await listening(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

async function answer(request: IncomingMessage, proxies: ProxySet): Promise<ApiAnswer> {
  checkOrigin(request);
  const [path = ''] = (request.url ?? '').split('?', 1);
  const { pattern, proxy, toxic } = routeOf(path);
  const byMethod = routes.get(pattern);
  if (byMethod === undefined) throw new PacketboatError('unknownPath', `there is nothing at ${quoted(path)}`);
  const handler = byMethod.get(request.method ?? '');
  if (handler === undefined) {
    const allow = [...byMethod.keys()].join(', ');
    return { ...refusal(new PacketboatError('methodNotAllowed', `${pattern} takes ${allow}`)), allow };
  }
  const body = await readJson(request);
  return proxies.inTurn(async () => handler({ proxies, proxy, toxic, body }));
}

/** Keeps web pages out: of foreign names that lead here (DNS rebinding), and of foreign hosts. */
function checkOrigin({ headers }: IncomingMessage): void {
  const name = (headers.host ?? '').replace(/:\d{1,5}$/, '').toLowerCase();
  if (!ownNames.includes(name)) throw new PacketboatError('wrongHost', `Host ${quoted(headers.host ?? '')} is not me`);
  const { origin } = headers;
  if (origin === undefined || URL.parse(origin)?.host === headers.host) return;
  throw new PacketboatError('wrongOrigin', `pages of ${quoted(origin)} may not do this`);
}

/** The pattern of a path, and what stands for its names. @throws {PacketboatError} `badRequest` */
function routeOf(path: string): { readonly pattern: string; readonly proxy: string; readonly toxic: string } {
  const [first = '', proxy, toxics, toxic, ...more] = path.replace(/^\/|\/$/g, '').split('/');
  const parts = [first];
  if (proxy !== undefined) parts.push('{proxy}');
  if (toxics !== undefined) parts.push(toxics);
  if (toxic !== undefined) parts.push('{toxic}', ...more);
  return { pattern: `/${parts.join('/')}`, proxy: decoded(proxy), toxic: decoded(toxic) };
}

function decoded(part = ''): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new PacketboatError('badRequest', `${quoted(part)} is not a name`, { cause });
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const told =
    error instanceof PacketboatError ? error : new PacketboatError('internal', 'this is a defect of the proxy');
  // What is left of the body is not read: the connection cannot go on.
  if (!request.complete) response.setHeader('Connection', 'close');
  send(response, refusal(told));
}

function refusal({ row: { status }, message }: PacketboatError): ApiAnswer {
  return { status, body: { error: message, status } };
}

function send(response: ServerResponse, { status, body, allow }: ApiAnswer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (allow !== undefined) response.setHeader('Allow', allow);
  if (body !== undefined) {
    response.setHeader('Content-Type', typeof body === 'string' ? 'text/plain; version=0.0.4' : 'application/json');
  }
  response.writeHead(status).end(text);
}

async function listening(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const inUse = 'code' in cause && cause.code === 'EADDRINUSE';
      const why = inUse ? 'another program uses the port' : cause.message;
      reject(new PacketboatError('unreachable', `Cannot listen on ${host}:${port}: ${why}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
}
