import { type ErrorCode, errorTable, PacketboatError } from '../errors.ts';

/** What proves that a session is one's own: keep the token secret. */
export interface SessionIdentity {
  readonly session: string;
  readonly token: string;
}

/** What a client does when its session has expired: go on under a new one, or give up with `expired`. */
export type WhenExpired = 'renew' | 'fail';

/**
 * A session as its client knows it, as pure functions. `fresh`: it has none, and its hello asks for one. `detached`: there
 * is no connection; whether the session still exists is the server's to say. `over`: no connection is made any more.
 */
export type ClientSession =
  | { readonly kind: 'fresh' }
  /** Without `identity` when the server gave no token: such a session ends with its connection. */
  | { readonly kind: 'attached' | 'detached'; readonly identity: SessionIdentity | undefined }
  | { readonly kind: 'over'; readonly code: ErrorCode };

/** The part of a welcome that is about the session. */
export interface SessionWelcome {
  readonly session: string;
  /** Told once, in the welcome of a new session. */
  readonly token?: string | undefined;
  readonly resumed: boolean;
}

/** The session that a hello asks to resume. */
export function presented(session: ClientSession): SessionIdentity | undefined {
  return session.kind === 'attached' || session.kind === 'detached' ? session.identity : undefined;
}

/**
 * The server let us in.
 *
 * @throws {PacketboatError} `badFrame` when it resumed something that was not asked for.
 */
export function welcomed(session: ClientSession, welcome: SessionWelcome): ClientSession {
  const asked = presented(session);
  if (!welcome.resumed) {
    const { token } = welcome;
    return { kind: 'attached', identity: token === undefined ? undefined : { session: welcome.session, token } };
  }
  if (asked?.session !== welcome.session) {
    throw new PacketboatError('badFrame', 'The server resumed a session that it was not asked for');
  }
  return { kind: 'attached', identity: asked };
}

/**
 * The connection ended.
 *
 * @param code Why: that of a `refused` or of a `closing`, or what was seen of a cut.
 * @param refused Whether the server did not let us in.
 */
export function linkEnded(
  session: ClientSession,
  { code, refused }: { readonly code: ErrorCode; readonly refused: boolean },
  whenExpired: WhenExpired,
): ClientSession {
  if (session.kind === 'over') return session;
  // Coming back would fence the other connection, which would come back, and so on.
  if (code === 'takenOver') return { kind: 'over', code };
  if (refused && code === 'expired' && presented(session) !== undefined && whenExpired === 'renew') {
    return { kind: 'fresh' };
  }
  if (refused && !errorTable[code].retryable) return { kind: 'over', code };
  return session.kind === 'fresh' ? session : { kind: 'detached', identity: session.identity };
}
