import type { MessageNamed } from '../dispatch.ts';
import type { Session } from '../session.ts';

/** Ends a subscription; one that does not exist is no error. */
export function unsubscribe(session: Session, message: MessageNamed<'unsubscribe'>): void {
  session.readers.get(message.sub)?.stop();
  session.readers.delete(message.sub);
}
