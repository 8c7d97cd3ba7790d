import type { Connection } from '../connection.ts';

/** Ends the session: nobody will resume it. Answered by the close of the connection. */
export function bye(connection: Connection): void {
  connection.leave();
}
