/**
 * What a server knows of a session, as pure functions: the table of sessions and the simulator decide by them. Times are
 * monotonic milliseconds of the server; the window counts from the moment in which the server found the connection gone.
 */

/** A session that has expired or ended is not known any more: it has no state. */
export type SessionState =
  | { readonly kind: 'attached' }
  /** Its connection is gone since `sinceMs`; it is kept for its window. */
  | { readonly kind: 'detached'; readonly sinceMs: number };

/** A session of a server. */
export interface KnownSession {
  readonly state: SessionState;
  readonly windowMs: number;
}

/**
 * `takenOver`: the session is attached, and its connection must be fenced first. Any other than that and `resumed` is
 * the code of the refusal.
 */
export type ResumeDecision = 'resumed' | 'takenOver' | 'expired' | 'unauthorized';

/** Whether somebody who presents a session may go on in it. One that is not known has expired, ended, or never was. */
export function decideResume(session: KnownSession, isTokenRight: boolean, nowMs: number): ResumeDecision {
  // First of all: who has no right to a session does not learn how it is.
  if (!isTokenRight) return 'unauthorized';
  if (windowLeftMs(session, nowMs) <= 0) return 'expired';
  return session.state.kind === 'attached' ? 'takenOver' : 'resumed';
}

/** Which of a client's hellos asks to go on in a session. A client that does not say always asks anew. */
export interface ResumeAttempt {
  /** Random, one for each life of the client program. */
  readonly life?: string | undefined;
  /** Grows from one hello of a life to the next. */
  readonly attempt?: number | undefined;
}

/**
 * Whether a later hello of the same life was let in already: this one was held up on its way, and the client has long given
 * it up.
 */
export function isOutdated(asked: ResumeAttempt, last: ResumeAttempt): boolean {
  return asked.life !== undefined && asked.life === last.life && (asked.attempt ?? 0) <= (last.attempt ?? 0);
}

/** How long the session is still kept: it ends when this reaches 0, and never while it is attached. */
export function windowLeftMs({ state, windowMs }: KnownSession, nowMs: number): number {
  return state.kind === 'attached' ? Number.POSITIVE_INFINITY : state.sinceMs + windowMs - nowMs;
}

/** The connection is gone. A session that is detached already stays so since then: its window does not begin anew. */
export function detached(state: SessionState, nowMs: number): SessionState {
  return state.kind === 'detached' ? state : { kind: 'detached', sinceMs: nowMs };
}
