import type { MessageNamed } from '../dispatch.ts';
import type { Session } from '../session.ts';

/** Takes the peer's word for what has reached it: there is room for more. */
export function received(session: Session, message: MessageNamed<'received'>): void {
  session.tookBytes(message.bytes);
}
