import { PacketboatError } from '@packetboat/core';
import type { MessageNamed } from '../dispatch.ts';
import type { Session } from '../session.ts';

/** Moves a subscription's cursor: answered by `committed` or `error`. */
export function commit(session: Session, message: MessageNamed<'commit'>): void {
  const { sub, offset } = message;
  const reader = session.readers.get(sub);
  if (reader !== undefined) return reader.commit(offset);
  session.sendError({ sub }, new PacketboatError('badRequest', `There is no subscription ${sub}`));
}
