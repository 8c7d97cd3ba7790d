import { checkStreamName, type Limits, PacketboatError } from '@packetboat/core';
import { z } from 'zod';
import { checkNotReserved } from '../broker/reserved_names.ts';
import { StreamPattern } from './stream_pattern.ts';
import type { SubscriptionConfig } from './subscription_state.ts';

/** The bodies of requests about subscriptions. Fields that are not known are left to later versions of the protocol. */
const putBody = z.object({
  type: z.enum(['webhook', 'pull-wake']),
  pattern: z.string().optional(),
  streams: z.array(z.string()).default([]),
  webhook: z.object({ url: z.string() }).optional(),
  wake_stream: z.string().optional(),
  lease_ttl_ms: z.int().min(1_000).max(600_000).default(30_000),
  description: z.string().optional(),
});
const streamsBody = z.object({ streams: z.array(z.string()).min(1) });
const claimBody = z.object({ worker: z.string().min(1) });
const wakeBody = z.object({ wake_id: z.string(), generation: z.int().min(0) });
const ackBody = wakeBody.extend({
  acks: z
    .array(z.object({ stream: z.string().optional(), path: z.string().optional(), offset: z.string() }))
    .default([]),
  done: z.boolean().default(false),
});

type NameLimits = Pick<Limits, 'streamNameBytesMax'>;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws {PacketboatError} `badRequest` or `badName`, naming the field. */
export function parsePut(body: Uint8Array, limits: NameLimits): SubscriptionConfig {
  const wish = parse(putBody, body);
  const pattern = parsePattern(wish.pattern ?? '', limits);
  const streams = [...new Set(wish.streams.map((stream) => parseStream(stream, limits)))].toSorted();
  if (pattern === undefined && streams.length === 0) throw bad('one of pattern and streams is needed');
  const config = {
    type: wish.type,
    ...(pattern !== undefined && { pattern }),
    streams,
    leaseMs: wish.lease_ttl_ms,
    ...(wish.description !== undefined && { description: wish.description }),
  };
  if (wish.type === 'webhook') {
    if (wish.webhook === undefined) throw bad('a webhook subscription needs webhook.url');
    return { ...config, webhookUrl: wish.webhook.url };
  }
  if (wish.wake_stream === undefined) throw bad('a pull-wake subscription needs wake_stream');
  return { ...config, wakeStream: parseStream(wish.wake_stream, limits) };
}

/** @throws {PacketboatError} as {@linkcode parsePut}. */
export function parseStreams(body: Uint8Array, limits: NameLimits): string[] {
  return [...new Set(parse(streamsBody, body).streams.map((stream) => parseStream(stream, limits)))];
}

/** The worker's name. @throws {PacketboatError} as {@linkcode parsePut}. */
export function parseClaim(body: Uint8Array, { workerNameBytesMax }: Pick<Limits, 'workerNameBytesMax'>): string {
  const { worker } = parse(claimBody, body);
  if (Buffer.byteLength(worker) > workerNameBytesMax) throw bad(`worker is over ${workerNameBytesMax} bytes`);
  return worker;
}

/** What a callback or an ack says. @throws {PacketboatError} as {@linkcode parsePut}. */
export function parseAck(body: Uint8Array, { acksPerRequestMax }: Pick<Limits, 'acksPerRequestMax'>) {
  const { wake_id: wakeId, generation, acks, done } = parse(ackBody, body);
  if (acks.length > acksPerRequestMax) throw bad(`${acks.length} acks are over ${acksPerRequestMax}`);
  const named = acks.map(({ stream, path, offset }) => ({ stream: trimmed(stream ?? path ?? ''), token: offset }));
  return { wakeId, generation, acks: named, done };
}

/** Which wake is released. @throws {PacketboatError} as {@linkcode parsePut}. */
export function parseRelease(body: Uint8Array) {
  const { wake_id: wakeId, generation } = parse(wakeBody, body);
  return { wakeId, generation };
}

/** The name of a stream as clients give it: slashes around it mean nothing. */
export function parseStream(text: string, { streamNameBytesMax }: NameLimits): string {
  const stream = checkStreamName(trimmed(text), streamNameBytesMax);
  checkNotReserved(stream);
  return stream;
}

function parsePattern(text: string, { streamNameBytesMax }: NameLimits): string | undefined {
  const pattern = trimmed(text);
  return pattern === '' ? undefined : new StreamPattern(checkStreamName(pattern, streamNameBytesMax)).text;
}

function parse<Schema extends z.ZodType>(schema: Schema, body: Uint8Array): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(body));
  } catch {
    throw bad('the body is no JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw bad(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function trimmed(text: string): string {
  let [from, to] = [0, text.length];
  while (text[from] === '/') from += 1;
  while (to > from && text[to - 1] === '/') to -= 1;
  return text.slice(from, to);
}

function bad(why: string): PacketboatError {
  return new PacketboatError('badRequest', `Bad request: ${why}`);
}
