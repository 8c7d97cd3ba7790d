import type { IncomingMessage } from 'node:http';
import { PacketboatError } from '@packetboat/core';
import type { StreamRequest } from './stream_request.ts';

/** How a request's header fields are read: each at most once. */
export function headerOf({ headersDistinct }: IncomingMessage): StreamRequest['header'] {
  return (name) => {
    const [value, ...others] = headersDistinct[name] ?? [];
    if (others.length > 0) throw new PacketboatError('badRequest', `The field ${name} was sent more than once`);
    return value;
  };
}
