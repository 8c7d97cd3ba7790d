import type { SessionIdentity } from '@packetboat/core';

/**
 * Where the identity of a session is kept, so that the program's next life goes on in it: a file, `localStorage`. Whoever
 * has the token can take the session over: keep it as secret as a password.
 */
export interface SessionKeeper {
  /** What was saved last, by whichever life. */
  load(): Promise<SessionIdentity | undefined>;
  /** Keeps it durably; `undefined`: the session is over. */
  save(identity: SessionIdentity | undefined): Promise<void>;
}
