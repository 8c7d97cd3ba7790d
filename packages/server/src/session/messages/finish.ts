import type { MessageNamed } from '../dispatch.ts';
import type { Session } from '../session.ts';

/** Closes a channel; one that is not open is no error. */
export function finish(session: Session, message: MessageNamed<'finish'>): void {
  session.channels.get(message.channel)?.finish();
  session.channels.delete(message.channel);
}
