import type { PacketboatError } from '@packetboat/core';

/**
 * `waiting`: between two attempts. `closed`: for good, by `close()`, by a refusal that is final, or because another
 * connection has taken over the session.
 */
export type Status = 'connecting' | 'connected' | 'waiting' | 'closed';

/** What happened to a connection. */
export interface StatusChange {
  readonly status: Status;
  /** How many attempts failed since the connection last held. */
  readonly attempt?: number;
  /** When the next attempt is made. */
  readonly retryInMs?: number;
  /** Why the last link ended. */
  readonly reason?: PacketboatError;
  /** The session's name, when connected. */
  readonly session?: string;
  /** Connected: whether the session goes on. A first connection, and one after `expired`, has a new session. */
  readonly resumed?: boolean;
}

/** Told on each change of the status. */
export interface StatusEvent extends StatusChange {
  /** The same in words, for a person. */
  readonly text: string;
}

/** Says a change in words: `the link is down (The server was silent for too long); attempt 2 in 1.4 s`. */
export function statusText(change: StatusChange): string {
  const { status, attempt = 0, retryInMs = 0, reason, resumed } = change;
  switch (status) {
    case 'connecting':
      return attempt === 0 ? 'connecting' : `connecting, attempt ${attempt + 1}`;
    case 'connected':
      return resumed === true ? 'connected, the session goes on' : 'connected, a new session';
    case 'waiting': {
      const what = reason?.code === 'expired' ? 'the session has expired, a new one is begun' : 'the link is down';
      const why = reason === undefined ? '' : ` (${reason.message})`;
      return `${what}${why}; attempt ${attempt + 1} in ${(retryInMs / 1_000).toFixed(1)} s`;
    }
    case 'closed':
      return reason === undefined ? 'closed' : `closed: ${reason.message}`;
    default:
      return status satisfies never;
  }
}
