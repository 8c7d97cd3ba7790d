import type { MessageNamed } from '../dispatch.ts';
import type { Connection } from '../connection.ts';

/** Begins the session's sequence, or goes on in it: answered by `sequenceBegun` or `sequenceRefused`. */
export function sequence(connection: Connection, message: MessageNamed<'sequence'>): void {
  connection.broker.sequences.begin(connection, message);
}
