import type { MessageNamed } from '../dispatch.ts';
import type { Connection } from '../connection.ts';

/** Ends a subscription; one that does not exist is no error. */
export function unsubscribe(connection: Connection, message: MessageNamed<'unsubscribe'>): void {
  connection.readers.get(message.sub)?.stop();
  connection.readers.delete(message.sub);
}
