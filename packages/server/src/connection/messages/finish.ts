import type { MessageNamed } from '../dispatch.ts';
import type { Connection } from '../connection.ts';

/** Closes a channel; one that is not open is no error. */
export function finish(connection: Connection, message: MessageNamed<'finish'>): void {
  connection.channels.get(message.channel)?.finish();
  connection.channels.delete(message.channel);
}
