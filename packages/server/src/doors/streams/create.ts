import {
  checkContentType,
  type CreateOptions,
  defaultContentType,
  type ForkPoint,
  type Lifetime,
  type Limits,
  mediaTypeOf,
  PacketboatError,
  quoted,
  type StreamInfo,
} from '@packetboat/core';
import type { Broker } from '../../broker/broker.ts';
import { closesStream } from './closes_stream.ts';
import { parseLifetime } from './lifetime_headers.ts';
import { decodeOffset } from './offset_token.ts';
import { parseInteger } from './parse_integer.ts';
import { sealBody } from './seal_body.ts';
import { streamNameOf } from './stream_name.ts';
import type { StreamAnswer, StreamRequest, StreamVerb } from './stream_request.ts';
import { tailHeaders } from './tail_headers.ts';

/** What a PUT asks for, besides its body. */
interface Wish {
  /** Absent for a fork that takes its source's. */
  readonly contentType: string | undefined;
  readonly lifetime: Lifetime | undefined;
  readonly close: boolean;
  readonly fork: ForkWish | undefined;
}

interface ForkWish {
  readonly stream: string;
  /** As a token: whose offset it is only the source can say. */
  readonly offset: string | undefined;
  readonly subOffset: number;
}

/**
 * PUT (Durable Streams protocol, section 5.1): creates a stream, its first records with it in one commit, or a fork
 * (section 4.2). A stream that exists as wished is no error: the same PUT may be sent again.
 */
export const create: StreamVerb = async (broker, request) => {
  broker.checkReady();
  const { log } = broker.store;
  const wish = readWish(request, broker.limits);
  const existing = await log.info(request.stream);
  if (typeof existing === 'object') return answerExisting(wish, existing);
  const outcome = await log.create(request.stream, await optionsOf(broker, request, wish));
  if (outcome.kind === 'refused') throw new PacketboatError(outcome.code, outcome.message);
  if (outcome.kind === 'exists') return answerExisting(wish, outcome.info);
  const answer = answerWith(201, outcome.info);
  return { ...answer, headers: { ...answer.headers, Location: `${request.origin}${request.path}` } };
};

function readWish(request: StreamRequest, limits: Limits): Wish {
  const contentType = request.header('content-type');
  if (contentType !== undefined) checkContentType(contentType, limits.contentTypeCharactersMax);
  const fork = readFork(request, limits);
  return {
    contentType: contentType ?? (fork === undefined ? defaultContentType : undefined),
    lifetime: parseLifetime(request.header('stream-ttl'), request.header('stream-expires-at')),
    close: closesStream(request),
    fork,
  };
}

function readFork(request: StreamRequest, limits: Limits): ForkWish | undefined {
  const path = request.header('stream-forked-from');
  const offset = request.header('stream-fork-offset');
  const subOffsetText = request.header('stream-fork-sub-offset');
  if (path === undefined) {
    if (offset === undefined && subOffsetText === undefined) return undefined;
    throw new PacketboatError('badRequest', 'Stream-Fork-Offset and Stream-Fork-Sub-Offset need Stream-Forked-From');
  }
  const subOffset = parseInteger(subOffsetText ?? '0');
  if (subOffset === undefined) {
    throw new PacketboatError('badRequest', `Stream-Fork-Sub-Offset ${quoted(subOffsetText ?? '')} is no number`);
  }
  return { stream: streamNameOf(path, limits.streamNameBytesMax), offset, subOffset };
}

async function optionsOf(broker: Broker, request: StreamRequest, wish: Wish): Promise<CreateOptions> {
  const source = wish.fork === undefined ? undefined : await findSource(broker, wish.fork);
  const contentType = wish.contentType ?? source?.contentType ?? defaultContentType;
  const first = sealBody(broker, { body: request.body, contentType, close: wish.close });
  return {
    contentType,
    ...(wish.lifetime !== undefined && { lifetime: wish.lifetime }),
    ...(first !== undefined && { first }),
    ...(wish.fork !== undefined && source !== undefined && { fork: forkPointOf(wish.fork, source) }),
  };
}

async function findSource({ store }: Broker, { stream }: ForkWish): Promise<StreamInfo> {
  const source = await store.log.info(stream);
  if (typeof source === 'object') return source;
  const code = source === 'softDeleted' ? 'forkSourceDeleted' : 'forkSourceNotFound';
  throw new PacketboatError(code, `There is no stream ${quoted(stream)} to fork`);
}

function forkPointOf({ stream, offset, subOffset }: ForkWish, source: StreamInfo): ForkPoint {
  return { stream, subOffset, ...(offset !== undefined && { offset: decodeOffset(source, offset) }) };
}

function answerExisting(wish: Wish, info: StreamInfo): StreamAnswer {
  if (!isAsWished(wish, info)) {
    throw new PacketboatError('exists', `Stream ${quoted(info.stream)} exists with another configuration`);
  }
  return answerWith(200, info);
}

function answerWith(status: number, info: StreamInfo): StreamAnswer {
  return { status, headers: { 'Content-Type': info.contentType, ...tailHeaders(info) } };
}

/** What a fork's PUT leaves open came from the source, which may have grown or gone since: it is not compared. */
function isAsWished({ contentType, lifetime, close, fork }: Wish, info: StreamInfo): boolean {
  if (close !== info.closed) return false;
  if (contentType !== undefined && mediaTypeOf(contentType) !== mediaTypeOf(info.contentType)) return false;
  const lives = lifetime ?? (fork === undefined ? {} : info.lifetime);
  if (lives.ttlMs !== info.lifetime.ttlMs || lives.expiresAtMs !== info.lifetime.expiresAtMs) return false;
  if (fork === undefined || info.fork === undefined) return fork === info.fork;
  if (fork.stream !== info.fork.stream || fork.subOffset !== info.fork.subOffset) return false;
  // A fork's offsets are of its source's lineage.
  return fork.offset === undefined || decodeOffset(info, fork.offset) === info.fork.offset;
}
