import { type Absence, checkContentType, type CreateOptions, PacketboatError, type StreamInfo } from '@packetboat/core';
import { z } from 'zod';
import { absenceError } from '../broker/absence_error.ts';
import { deleteStream } from '../broker/delete_stream.ts';
import { checkNotReserved } from '../broker/reserved_names.ts';
import { fields } from './fields.ts';
import { method } from './method.ts';
import { readPage } from './read_page.ts';
import { streamInfo, streamInfoJson } from './stream_info.ts';

const { text, integer, streamName, incarnation, offset, checksum } = fields;

const path = '/v1/streams/{stream}';

const oneStream = z.strictObject({ stream: streamName });
const fork = z.strictObject({
  stream: streamName.meta({ description: 'The source, which may be a fork itself.' }),
  offset: offset.optional().meta({ description: 'The fork inherits the records before it. Default: all.' }),
  subOffset: integer.optional().meta({ description: 'And so much more of what one append stored at `offset`.' }),
});
const { retention, lifetime } = streamInfo.shape;

/** Methods about streams as such. Records go through the stream door and the session. */
export const streamMethods = [
  method({
    name: 'streams.list',
    summary: 'Streams by name',
    description: 'In pages, in the order of the UTF-8 bytes of their names. A page may hold fewer than `limit`.',
    route: { verb: 'GET', path: '/v1/streams' },
    grant: 'read',
    params: z.strictObject({
      prefix: text.default('').meta({ description: 'Only those whose name begins so.', examples: ['sensors/'] }),
      after: text.optional().meta({ description: 'Only those whose name comes after it: `next` of the page before.' }),
      limit: fields.limit,
    }),
    result: z.object({
      streams: z.array(streamInfo),
      next: text.optional().meta({ description: 'Pass it as `after` for the next page; absent on the last one.' }),
    }),
    run: async ({ store, limits }, { prefix, after, limit }) => {
      const read = async (count: number) => (await store.log.list(prefix, after, count)).map(streamInfoJson);
      const { items, next } = await readPage(limits, limit, read, ({ stream }) => stream);
      return { streams: items, next };
    },
  }),
  method({
    name: 'streams.info',
    summary: 'What is known of a stream',
    description: '`notFound` when there is none, `gone` when it was deleted.',
    route: { verb: 'GET', path },
    grant: 'read',
    params: oneStream,
    result: streamInfo,
    run: async ({ store }, { stream }) => found(stream, await store.log.info(stream)),
  }),
  method({
    name: 'streams.create',
    summary: 'Creates a stream, unless it exists',
    description:
      'A stream that exists stays as it is, whatever is asked for: compare its info. A fork begins with what its source ' +
      'holds, which is not copied. At most one of `ttlMs` and `expiresAtMs` is given.',
    route: { verb: 'PUT', path },
    grant: 'write',
    params: oneStream.extend({
      contentType: text.optional().meta({
        description: 'Default: that of the source for a fork, else `application/octet-stream`.',
        examples: ['text/plain'],
      }),
      ...retention.shape,
      ...lifetime.shape,
      fork: fork.optional().meta({ description: 'Makes a fork of another stream.' }),
    }),
    result: z.object({ kind: z.enum(['created', 'exists']), info: streamInfo }),
    isNew: ({ kind }) => kind === 'created',
    run: async ({ store, limits }, { stream, contentType, ageMsMax, bytesMax, ttlMs, expiresAtMs, fork: source }) => {
      if (contentType !== undefined) checkContentType(contentType, limits.contentTypeCharactersMax);
      if (source !== undefined) checkNotReserved(source.stream);
      const lives = given({ ttlMs, expiresAtMs });
      const options: CreateOptions = {
        ...given({ contentType }),
        retention: given({ ageMsMax, bytesMax }),
        ...(Object.keys(lives).length > 0 && { lifetime: lives }),
        ...(source !== undefined && { fork: { ...given(source), stream: source.stream } }),
      };
      const created = await store.log.create(stream, options);
      if (created.kind === 'refused') throw new PacketboatError(created.code, created.message);
      return { kind: created.kind, info: streamInfoJson(created.info) };
    },
  }),
  method({
    name: 'streams.close',
    summary: 'Makes a stream final',
    description:
      'It takes no more records, and readers learn that they have reached its end. Closing again is no error.',
    route: { verb: 'POST', path: `${path}/close` },
    grant: 'write',
    params: oneStream,
    result: streamInfo,
    run: async ({ store }, { stream }) => found(stream, await store.log.close(stream)),
  }),
  method({
    name: 'streams.trim',
    summary: 'Drops old records',
    description: 'Whole segments that end at or before `before`: more may stay than asked for, never less.',
    route: { verb: 'POST', path: `${path}/trim` },
    grant: 'admin',
    params: oneStream.extend({ before: offset.meta({ description: 'Records before it may go.' }) }),
    result: streamInfo,
    run: async ({ store }, { stream, before }) => found(stream, await store.log.trim(stream, before)),
  }),
  method({
    name: 'streams.delete',
    summary: 'Deletes a stream, its records and its cursors',
    description:
      'The name answers `gone` until it is created again. While forks read the stream, its records are kept for them ' +
      'and its name answers `softDeleted`.',
    route: { verb: 'DELETE', path },
    grant: 'admin',
    params: oneStream,
    result: z.object({}),
    run: async (broker, { stream }) => {
      const outcome = await deleteStream(broker, stream);
      if (outcome !== 'deleted') throw absenceError(stream, outcome);
      return {};
    },
  }),
  method({
    name: 'streams.acceptLoss',
    summary: 'Accepts that the newest records of a stream were lost',
    description:
      'A stream whose committed records vanished (a damaged disk, a restored copy) serves reads and refuses records ' +
      'until somebody accepts the loss. It goes on as a new incarnation.',
    route: { verb: 'POST', path: `${path}/accept-loss` },
    grant: 'admin',
    params: oneStream,
    result: streamInfo,
    run: async ({ store }, { stream }) => found(stream, await store.log.acceptLoss(stream)),
  }),
  method({
    name: 'streams.witness',
    summary: 'Checks a receipt against the store',
    description:
      '`consistent`: what the receipt acknowledged is there. `lost`: the receipt is authentic and the stream ends ' +
      'before it; the stream refuses records from now on, as after any detected loss. `wrongStore`: the receipt proves ' +
      'nothing here, for it is of another store or incarnation, or no receipt at all.',
    route: { verb: 'POST', path: `${path}/witness` },
    grant: 'read',
    params: oneStream.extend({
      storeId: text.meta({ description: 'The store that gave the receipt.' }),
      incarnation,
      offset: offset.meta({ description: 'Number of records that were there.' }),
      checksum,
      durability: z.enum(['memory', 'replicated', 'disk']),
      mac: text.meta({ description: 'What authenticates the receipt.' }),
    }),
    result: z.object({ verdict: z.enum(['consistent', 'lost', 'wrongStore']) }),
    run: async ({ store }, proof) => ({ verdict: await store.log.witness(proof) }),
  }),
];

function found(stream: string, info: StreamInfo | Absence): z.output<typeof streamInfo> {
  if (typeof info === 'string') throw absenceError(stream, info);
  return streamInfoJson(info);
}

type Given<Wish> = { [Name in keyof Wish]?: Exclude<Wish[Name], undefined> };

/** What of a wish was given. */
function given<Wish extends object>(wish: Wish): Given<Wish> {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined)) as Given<Wish>;
}
