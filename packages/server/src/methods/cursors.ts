import { PacketboatError, quoted } from '@packetboat/core';
import { method } from './method.ts';

const oneCursor = { stream: 'text', cursor: 'text' } as const;

export const cursorMethods = [
  method('cursors.get', oneCursor, async (broker, { stream, cursor }) => {
    const position = await broker.cursors.get(stream, cursor);
    if (position === undefined) throw missing(stream, cursor);
    return position;
  }),
  method('cursors.delete', oneCursor, async (broker, { stream, cursor }) => {
    const outcome = await broker.cursors.delete(stream, cursor);
    if (outcome !== 'deleted') throw missing(stream, cursor);
    return {};
  }),
];

function missing(stream: string, cursor: string): PacketboatError {
  return new PacketboatError('notFound', `Stream ${quoted(stream)} has no cursor ${quoted(cursor)}`);
}
