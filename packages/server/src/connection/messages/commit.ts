import { PacketboatError } from '@packetboat/core';
import type { MessageNamed } from '../dispatch.ts';
import type { Connection } from '../connection.ts';

/** Moves a subscription's cursor: answered by `committed` or `error`. */
export function commit(connection: Connection, message: MessageNamed<'commit'>): void {
  const { sub, offset } = message;
  const reader = connection.readers.get(sub);
  if (reader !== undefined) return reader.commit(offset);
  connection.sendError({ sub }, new PacketboatError('badRequest', `There is no subscription ${sub}`));
}
