import { PacketboatError, quoted, type StreamInfo } from '@packetboat/core';
import { z } from 'zod';
import { absenceError } from '../broker/absence_error.ts';
import type { Broker } from '../broker/broker.ts';
import { fields } from './fields.ts';
import { method } from './method.ts';
import { readPage } from './read_page.ts';

const { text, streamName, cursorName, incarnation, offset } = fields;

const path = '/v1/streams/{stream}/cursors/{cursor}';

const oneCursor = z.strictObject({ stream: streamName, cursor: cursorName });
const position = z
  .object({ incarnation, offset: offset.meta({ description: 'Everything before it is done with.' }) })
  .meta({ id: 'CursorPosition', description: 'A named reader’s durable position.' });
const namedPosition = z.object({ cursor: cursorName, ...position.shape });

/** Methods about the cursors of a stream. */
export const cursorMethods = [
  method({
    name: 'cursors.list',
    summary: 'Cursors of a stream',
    description: 'In pages, in the order of their percent-encoded names.',
    route: { verb: 'GET', path: '/v1/streams/{stream}/cursors' },
    grant: 'read',
    params: z.strictObject({
      stream: streamName,
      after: text.optional().meta({ description: '`next` of the page before.' }),
      limit: fields.limit,
    }),
    result: z.object({
      cursors: z.array(namedPosition),
      next: text.optional().meta({ description: 'Pass it as `after` for the next page; absent on the last one.' }),
    }),
    run: async (broker, { stream, after, limit }) => {
      await existing(broker, stream);
      const read = (count: number) => broker.cursors.list(stream, after, count);
      const { items, next } = await readPage(broker.limits, limit, read, ({ cursor }) => cursor);
      return { cursors: items, next };
    },
  }),
  method({
    name: 'cursors.get',
    summary: 'Where a cursor is',
    description: '`notFound` when it was never moved. A cursor of an earlier incarnation counts for nothing any more.',
    route: { verb: 'GET', path },
    grant: 'read',
    params: oneCursor,
    result: position,
    run: async (broker, { stream, cursor }) => {
      const found = await broker.cursors.get(stream, cursor);
      if (found === undefined) throw missing(stream, cursor);
      return found;
    },
  }),
  method({
    name: 'cursors.move',
    summary: 'Moves a cursor',
    description:
      'A cursor never goes back (`cursorRegressed`) and never past the records that exist (`cursorAhead`). It is made ' +
      'when it does not exist. Give the incarnation that was read, so that a stream that was created anew is noticed.',
    route: { verb: 'PUT', path },
    grant: 'read',
    params: oneCursor.extend({ offset: position.shape.offset, incarnation: incarnation.optional() }),
    result: position,
    run: async (broker, { stream, cursor, ...wish }) => {
      const info = await existing(broker, stream);
      if (wish.incarnation !== undefined && wish.incarnation !== info.incarnation) {
        const message = `Stream ${quoted(stream)} is incarnation ${info.incarnation}, not ${quoted(wish.incarnation)}`;
        throw new PacketboatError('incarnationMismatch', message);
      }
      if (wish.offset > info.tail) {
        throw new PacketboatError('cursorAhead', `Offset ${wish.offset} is past the tail ${info.tail}`);
      }
      const moved = { incarnation: info.incarnation, offset: wish.offset };
      await broker.cursors.move(stream, cursor, moved);
      return moved;
    },
  }),
  method({
    name: 'cursors.delete',
    summary: 'Forgets a cursor',
    description: '`notFound` when there is none.',
    route: { verb: 'DELETE', path },
    grant: 'read',
    params: oneCursor,
    result: z.object({}),
    run: async (broker, { stream, cursor }) => {
      const outcome = await broker.cursors.delete(stream, cursor);
      if (outcome !== 'deleted') throw missing(stream, cursor);
      return {};
    },
  }),
];

async function existing(broker: Broker, stream: string): Promise<StreamInfo> {
  const info = await broker.store.log.info(stream);
  if (typeof info === 'string') throw absenceError(stream, info);
  return info;
}

function missing(stream: string, cursor: string): PacketboatError {
  return new PacketboatError('notFound', `Stream ${quoted(stream)} has no cursor ${quoted(cursor)}`);
}
