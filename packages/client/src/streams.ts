import {
  checkShape,
  type ForkPoint,
  type Lifetime,
  PacketboatError,
  type Retention,
  type Shape,
  type StreamInfo,
} from '@packetboat/core';
import type { CallOptions, Calls } from './calls.ts';

/** Options of {@linkcode Streams.create}. */
export interface CreateStreamOptions extends Retention, Lifetime, CallOptions {
  /** @default that of the source for a fork, else 'application/octet-stream' */
  readonly contentType?: string;
  /** Begins with what another stream holds, which is not copied. @default an empty stream */
  readonly fork?: ForkPoint;
}

/** Options of {@linkcode Streams.list}. */
export interface ListStreamsOptions extends CallOptions {
  /** Only streams whose name begins with this. @default all */
  readonly prefix?: string;
  /** Only streams whose name comes after this. @default from the first */
  readonly after?: string;
  /** At most so many. @default 10_000 */
  readonly limit?: number;
}

const listLimitDefault = 10_000;

const infoShape = {
  stream: 'text',
  incarnation: 'text',
  lineage: 'text',
  contentType: 'text',
  createdNs: 'text',
  retention: { shape: { ageMsMax: 'integer?', bytesMax: 'integer?' } },
  lifetime: { shape: { ttlMs: 'integer?', expiresAtMs: 'integer?' } },
  fork: { optional: { stream: 'text', offset: 'integer', subOffset: 'integer' } },
  closed: 'boolean',
  first: 'integer',
  firstChecksum: 'integer',
  tail: 'integer',
  checksum: 'integer',
  bytes: 'integer',
  loss: { optional: { tail: 'integer', checksum: 'integer' } },
} as const satisfies Shape;

/**
 * What can be done with streams as such. Each rejects with `notFound` or `gone` when there is no such stream.
 *
 * @example
 * ```ts
 * await client.streams.create('sensors/paul', { contentType: 'text/plain', ageMsMax: 86_400_000 });
 * const { tail, checksum } = await client.streams.info('sensors/paul');
 * for (const { stream } of await client.streams.list({ prefix: 'sensors/' })) console.log(stream);
 * ```
 */
export class Streams {
  readonly #calls: Calls;

  /** Made by the client. */
  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** Creates a stream, unless it exists. */
  async create(
    stream: string,
    options: CreateStreamOptions = {},
  ): Promise<{ readonly kind: 'created' | 'exists'; readonly info: StreamInfo }> {
    const { signal, ...rest } = options;
    const value = await this.#calls.call('streams.create', { stream, ...rest }, { signal });
    checkShape(value, { kind: 'text', info: 'json' }, 'answer');
    const { kind, info } = value as { kind: string; info: unknown };
    if (kind !== 'created' && kind !== 'exists') throw badAnswer(`it is neither created nor exists but ${kind}`);
    return { kind, info: streamInfo(info) };
  }

  /** What the server knows of a stream. */
  info(stream: string, options?: CallOptions): Promise<StreamInfo> {
    return this.#infoOf('streams.info', { stream }, options);
  }

  /** Streams by name. */
  async list(options: ListStreamsOptions = {}): Promise<StreamInfo[]> {
    const { prefix, limit = listLimitDefault, signal } = options;
    const infos: StreamInfo[] = [];
    let after = options.after;
    while (infos.length < limit) {
      const params = { prefix, after, limit: limit - infos.length };
      const page = await this.#calls.call('streams.list', params, { signal });
      checkShape(page, { streams: 'json', next: 'text?' }, 'answer');
      const { streams, next } = page as { streams: unknown; next?: string };
      if (!Array.isArray(streams)) throw badAnswer('streams is not a list');
      infos.push(...streams.map(streamInfo));
      if (next === undefined) break;
      // Pages without end that hold nothing would keep us here.
      if (streams.length === 0) throw badAnswer('an empty page is not the last one');
      after = next;
    }
    return infos;
  }

  /** Drops old records: whole segments that end at or before `before`. */
  trim(stream: string, before: number, options?: CallOptions): Promise<StreamInfo> {
    return this.#infoOf('streams.trim', { stream, before }, options);
  }

  /** Makes the stream final: it takes no more records. */
  close(stream: string, options?: CallOptions): Promise<StreamInfo> {
    return this.#infoOf('streams.close', { stream }, options);
  }

  /** Deletes the stream and all its records. */
  async delete(stream: string, options?: CallOptions): Promise<void> {
    await this.#calls.call('streams.delete', { stream }, options);
  }

  /** Accepts that the stream lost its newest records (F15): it takes records again. */
  acceptLoss(stream: string, options?: CallOptions): Promise<StreamInfo> {
    return this.#infoOf('streams.acceptLoss', { stream }, options);
  }

  async #infoOf(method: string, params: unknown, options: CallOptions | undefined): Promise<StreamInfo> {
    return streamInfo(await this.#calls.call(method, params, options));
  }
}

/** A stream's info from its JSON, where times are decimal strings. */
function streamInfo(value: unknown): StreamInfo {
  checkShape(value, infoShape, 'answer');
  const info = value as Omit<StreamInfo, 'createdNs'> & { createdNs: string };
  if (!/^\d{1,19}$/.test(info.createdNs)) throw badAnswer(`createdNs is ${info.createdNs}`);
  return { ...info, fork: info.fork, loss: info.loss, createdNs: BigInt(info.createdNs) };
}

function badAnswer(why: string): PacketboatError {
  return new PacketboatError('badFrame', `Bad answer from the server: ${why}`);
}
