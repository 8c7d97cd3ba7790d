import type { MessageNamed } from '../dispatch.ts';
import type { Connection } from '../connection.ts';

/** Takes the peer's word for what has reached it: there is room for more. */
export function received(connection: Connection, message: MessageNamed<'received'>): void {
  connection.tookBytes(message.bytes);
}
