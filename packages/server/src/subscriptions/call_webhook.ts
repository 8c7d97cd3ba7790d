import { Resolver } from 'node:dns/promises';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';
import type { Limits, World } from '@packetboat/core';
import { pinAddresses, type WebhookTarget } from './webhook_target.ts';

/** A call to a receiver. */
export interface WebhookCall {
  readonly target: WebhookTarget;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** What the receiver answered; no body when it was too long to be kept. */
export interface WebhookAnswer {
  readonly status: number;
  readonly body: string | undefined;
}

/** Calls a receiver. Rejects when it does not answer in time. */
export type CallWebhook = (call: WebhookCall) => Promise<WebhookAnswer>;

type CallLimits = Pick<Limits, 'webhookConnectMs' | 'webhookTimeoutMs' | 'webhookAnswerBytesMax'>;

/**
 * The real calls: one connection each, to the addresses that were checked and nowhere else. Redirects are answers like
 * any other. Everything about the receiver is bounded: the time to connect and to answer, and the bytes it answers.
 */
export function makeCallWebhook(world: World, limits: CallLimits, resolve = resolveName): CallWebhook {
  return async (call) => {
    const { target, signal } = call;
    const deadline = new AbortController();
    const timer = world.timers.after(limits.webhookTimeoutMs, () =>
      deadline.abort(new Error(`No answer within ${limits.webhookTimeoutMs} ms (webhookTimeoutMs)`)),
    );
    const ended = AbortSignal.any([signal, deadline.signal]);
    try {
      ended.throwIfAborted();
      // Told before whatever is under way fails because of it: its reason is the one that counts.
      const aborted = new Promise<never>((_, reject) => {
        ended.addEventListener('abort', () => reject(ended.reason as Error));
      });
      const addresses = await Promise.race([pinAddresses(target, (host) => resolve(host, ended)), aborted]);
      return await Promise.race([send(call, addresses, ended, world, limits), aborted]);
    } finally {
      timer.cancel();
    }
  };
}

/** Asks the name servers, not the system's threads: a slow one holds up nobody else. */
async function resolveName(host: string, signal: AbortSignal): Promise<readonly string[]> {
  signal.throwIfAborted();
  const resolver = new Resolver();
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel);
  try {
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

function send(
  { target, headers, body }: WebhookCall,
  addresses: readonly string[],
  signal: AbortSignal,
  world: World,
  limits: CallLimits,
): Promise<WebhookAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<WebhookAnswer>();
  const secure = target.url.protocol === 'https:';
  const request = (secure ? httpsRequest : httpRequest)(target.url, {
    method: 'POST',
    headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
    // A connection of its own, closed when it has answered: nothing of one receiver is left to another.
    agent: false,
    lookup: lookupOf(addresses),
    signal,
  });
  watchConnecting(request, secure ? 'secureConnect' : 'connect', world, limits.webhookConnectMs);
  request.once('response', (response) => {
    readAnswer(response, limits.webhookAnswerBytesMax).then(resolve, reject);
  });
  request.once('error', reject);
  request.end(body);
  return promise.finally(() => request.destroy());
}

/** Node connects to what this says, whatever the name would resolve to now. */
function lookupOf(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, options, answer) => {
    if (options.all === true) answer(null, found);
    else answer(null, found[0]?.address ?? '', found[0]?.family);
  };
}

function watchConnecting(request: ClientRequest, event: string, world: World, connectMs: number): void {
  const timer = world.timers.after(connectMs, () =>
    request.destroy(new Error(`No connection within ${connectMs} ms (webhookConnectMs)`)),
  );
  request.once('close', () => timer.cancel());
  request.once('socket', (socket) => socket.once(event, () => timer.cancel()));
}

async function readAnswer(response: IncomingMessage, bytesMax: number): Promise<WebhookAnswer> {
  const { statusCode: status = 0 } = response;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    // Leaving the loop ends the connection.
    if (bytes > bytesMax) return { status, body: undefined };
    chunks.push(chunk as Buffer);
  }
  return { status, body: Buffer.concat(chunks).toString() };
}
