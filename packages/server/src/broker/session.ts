import type { ErrorCode, KnownSession, SessionState, Timer } from '@packetboat/core';

/** What a session hangs on while it is attached: a connection. */
export interface SessionHolder {
  /** Ends it, and tells the peer why. */
  close(code: ErrorCode, message: string): void;
}

/** A session that this server has. */
export interface Session extends KnownSession {
  readonly id: string;
  readonly windowMs: number;
  /**
   * Of its entry in the store. Each resume makes a new one, which fences whoever knows an older one. `undefined`: the
   * store had no room for it, and it ends with its connection.
   */
  revision: number | undefined;
  state: SessionState;
  /** Its connection, while it is attached. */
  holder: SessionHolder | undefined;
  /** Resumes that the store is deciding: it does not expire meanwhile. */
  resuming: number;
  /** It is being deleted. */
  ending: boolean;
  /** Runs out when its window does. */
  timer: Timer | undefined;
}
