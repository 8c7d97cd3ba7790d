import type { MessageNamed } from '../dispatch.ts';
import type { Session } from '../session.ts';

/** Grants credit; for a subscription that has ended meanwhile it means nothing. */
export function credit(session: Session, message: MessageNamed<'credit'>): void {
  session.readers.get(message.sub)?.grant(message.bytes);
}
