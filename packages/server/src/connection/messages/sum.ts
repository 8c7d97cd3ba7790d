import type { MessageNamed } from '../dispatch.ts';
import type { Connection } from '../connection.ts';

/** Ends the session's sequence: answered by `sequenceEnded`. */
export function sum(connection: Connection, message: MessageNamed<'sum'>): void {
  connection.broker.sequences.end(connection, message);
}
