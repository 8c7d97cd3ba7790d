import { type Checker, type Listeners, type Observation, Violation } from '../observation.ts';

/** What is known of a session. */
interface Known {
  readonly windowMs: number;
  /** Since when its connection is gone; `undefined` while it is there. */
  detachedAtMs: number | undefined;
}

/**
 * I7: a session resumes if, and only if, it was away for less than its window, exactly: from the moment in which the
 * server found its connection gone, or in which a server that restarted began to serve, to the moment of the hello.
 *
 * Does not verify servers that share a store: which of them has a session is not to be seen from outside. Nor sessions
 * that were over before a server restarted, or whose client asked for them and was cut off before the answer: whether
 * their end or their new beginning was stored is not known.
 */
export class SessionResumes implements Checker {
  readonly invariant = 'I7';
  readonly #sessions = new Map<string, Known>();
  #alone = true;

  readonly listeners: Listeners = {
    serverStarted: (started) => this.#started(started),
    sessionAttached: (attached) => this.#attached(attached),
    sessionDetached: ({ session, atMs }) => {
      const known = this.#sessions.get(session);
      if (known !== undefined) known.detachedAtMs ??= atMs;
    },
    sessionUncertain: ({ session }) => this.#sessions.delete(session),
    resumeRefused: (refused) => this.#refused(refused),
  };

  #started({ atMs, alone }: Observation['serverStarted']): void {
    this.#alone = alone;
    for (const [session, known] of this.#sessions) {
      const awayMs = atMs - (known.detachedAtMs ?? atMs);
      if (awayMs >= known.windowMs) this.#sessions.delete(session);
      else known.detachedAtMs = atMs;
    }
  }

  #attached({ session, resumed, windowMs, askedAtMs }: Observation['sessionAttached']): void {
    const known = this.#sessions.get(session);
    const awayMs = askedAtMs - (known?.detachedAtMs ?? askedAtMs);
    if (this.#alone && resumed && known !== undefined && awayMs >= known.windowMs) {
      throw new Violation('I7', `${session} was away for ${awayMs} ms of ${known.windowMs}, and was resumed`);
    }
    this.#sessions.set(session, { windowMs, detachedAtMs: undefined });
  }

  #refused({ session, code, atMs }: Observation['resumeRefused']): void {
    const known = this.#sessions.get(session);
    if (!this.#alone || code !== 'expired' || known === undefined) return;
    const awayMs = atMs - (known.detachedAtMs ?? atMs);
    if (awayMs < known.windowMs) {
      throw new Violation('I7', `${session} was away for ${awayMs} ms of ${known.windowMs}, and has expired`);
    }
    this.#sessions.delete(session);
  }
}
