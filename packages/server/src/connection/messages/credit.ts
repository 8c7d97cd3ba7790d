import type { MessageNamed } from '../dispatch.ts';
import type { Connection } from '../connection.ts';

/** Grants credit; for a subscription that has ended meanwhile it means nothing. */
export function credit(connection: Connection, message: MessageNamed<'credit'>): void {
  connection.readers.get(message.sub)?.grant(message.bytes);
}
