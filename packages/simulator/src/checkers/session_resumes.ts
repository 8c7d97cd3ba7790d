import { type Checker, type Listeners, type Observation, Violation } from '../observation.ts';

/** Between which moments a session's window began. */
interface Since {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Whose a session is, and since when nobody is there. */
interface Place {
  readonly server: string;
  /** Its connection, while it is there. */
  readonly connection: number | undefined;
  /** `undefined` while a connection is there. */
  readonly since: Since | undefined;
}

/** What is known of a session. */
interface Known {
  place: Place;
  /** How it was before the hello that the store took last: by that the hello was judged. */
  before: Place | undefined;
  stored: boolean;
  /** As its client was told; before, nobody can ask for it. */
  windowMs: number | undefined;
}

/** Signs of life of a server. */
interface Lease {
  lastMs: number;
  /** When it gave one after too long a silence. */
  lateMs: number;
}

/** What {@linkcode SessionResumes} needs: times are those of the servers' clock. */
export interface SessionResumesOptions {
  /** From a commit to the moment in which whoever wanted it hears of it. */
  readonly commitMs: number;
  /** Silence after which a server is taken for dead. */
  readonly leaseMs: number;
}

/** Time that a change waits at most for its commit, behind all others. */
const storedMs = 2_000;
/** Time in which a server forgets a session when its window has passed: it tries again after 5 s when the store is busy. */
const forgottenMs = 5_000 + storedMs;

/**
 * I7: a session resumes if, and only if, it was away for less than its window, exactly: from the moment in which the
 * server found its connection gone, in which a server that is alone began to serve, or in which a server adopted it, to the
 * moment of the hello. It is not forgotten before. Of several servers over one store this is so at the one that has the
 * session. At any other it resumes if, and only if, it is stored; and the one that has it, if it lives and its store is
 * well, forgets it at the end of its window. Only what was silent for a lease is taken for dead, and what it had is adopted
 * within another third of a lease, by one that lives while its store is well.
 *
 * Does not verify how soon a server closes the connection of a session that went on at another one, nor, while nobody asks
 * for it, when one ends whose window has passed: in the end it has (I10).
 */
export class SessionResumes implements Checker {
  readonly invariant = 'I7';
  readonly #options: SessionResumesOptions;
  readonly #sessions = new Map<string, Known>();
  /** Servers that live → since when. */
  readonly #live = new Map<string, number>();
  readonly #leases = new Map<string, Lease>();
  #commitFailedMs = Number.NEGATIVE_INFINITY;

  constructor(options: SessionResumesOptions) {
    this.#options = options;
  }

  readonly listeners: Listeners = {
    serverStarted: (started) => this.#started(started),
    serverEnded: ({ server }) => this.#live.delete(server),
    leaseRenewed: (renewed) => this.#renewed(renewed),
    commitFailed: ({ atMs }) => {
      this.#commitFailedMs = atMs;
    },
    sessionStored: (stored) => this.#stored(stored),
    sessionForgotten: (forgotten) => this.#forgotten(forgotten),
    sessionAttached: (attached) => this.#attached(attached),
    sessionDetached: ({ session, connection, atMs }) => {
      const known = this.#sessions.get(session);
      if (known?.place.connection === connection) known.place = detached(known.place.server, atMs, atMs);
    },
    sessionLeft: ({ session, connection }) => {
      if (this.#sessions.get(session)?.place.connection === connection) this.#sessions.delete(session);
    },
    resumeRefused: (refused) => this.#refused(refused),
  };

  /** Who is alone has all that is stored, anew. */
  #started({ server, atMs, alone }: Observation['serverStarted']): void {
    this.#live.set(server, atMs);
    if (!alone) return;
    for (const [session, known] of this.#sessions) {
      if (known.stored) known.place = detached(server, atMs, atMs);
      else this.#sessions.delete(session);
    }
  }

  #renewed({ server, atMs }: Observation['leaseRenewed']): void {
    const lease = this.#leases.get(server) ?? { lastMs: atMs, lateMs: Number.NEGATIVE_INFINITY };
    this.#leases.set(server, lease);
    if (atMs - lease.lastMs >= this.#options.leaseMs) lease.lateMs = atMs;
    lease.lastMs = atMs;
  }

  /** Who asked for it hears of it a little later: then it is attached, or, if nobody is there any more, detached. */
  #stored({ session, server, adopted, atMs }: Observation['sessionStored']): void {
    const known = this.#sessions.get(session);
    const place = detached(server, atMs, atMs + this.#options.commitMs);
    if (adopted && known !== undefined) this.#checkAdoption(session, known.place.server, atMs);
    this.#sessions.set(session, { place, before: known?.place, stored: true, windowMs: known?.windowMs });
  }

  #checkAdoption(session: string, server: string, atMs: number): void {
    const { leaseMs } = this.#options;
    const { lastMs = atMs, lateMs = atMs } = this.#leases.get(server) ?? {};
    if (atMs - lastMs < leaseMs && atMs - lateMs > storedMs) {
      throw new Violation(
        'I7',
        `${session} was taken from ${server}, which gave a sign of life ${atMs - lastMs} ms ago`,
      );
    }
    const seenMs = Math.max(lastMs, Math.min(...this.#live.values()));
    const lagMs = atMs - seenMs - (4 / 3) * leaseMs;
    if (this.#live.has(server) || this.#commitFailedMs >= lastMs || lagMs <= storedMs) return;
    throw new Violation('I7', `${session} was taken from ${server}, dead since ${seenMs}, ${lagMs} ms too late`);
  }

  #forgotten({ session, atMs }: Observation['sessionForgotten']): void {
    const known = this.#sessions.get(session);
    if (known === undefined) return;
    this.#checkOver(session, known, atMs, 'was forgotten');
    known.stored = false;
  }

  #attached({ session, connection, server, resumed, windowMs, askedAtMs }: Observation['sessionAttached']): void {
    const known = this.#sessions.get(session);
    if (resumed && known?.before !== undefined) this.#checkResumed(session, known, known.before, askedAtMs);
    const stored = known?.stored ?? false;
    // Another server may have taken it since the store said that it is this one's.
    const isHere = known === undefined || !stored || known.place.server === server;
    const place = isHere ? { server, connection, since: undefined } : known.place;
    this.#sessions.set(session, { place, before: undefined, stored, windowMs });
  }

  #checkResumed(session: string, known: Known, { server, since }: Place, askedAtMs: number): void {
    if (known.windowMs === undefined || since === undefined) return;
    const overMs = since.toMs + known.windowMs;
    const isElsewhere = server !== known.place.server;
    const mayLag = !this.#live.has(server) || this.#commitFailedMs >= overMs || askedAtMs - overMs <= forgottenMs;
    if (askedAtMs < overMs || (isElsewhere && mayLag)) return;
    const awayMs = askedAtMs - since.toMs;
    throw new Violation('I7', `${session} was away for ${awayMs} ms of ${known.windowMs}, and was resumed`);
  }

  #refused({ session, server, code, atMs }: Observation['resumeRefused']): void {
    const known = this.#sessions.get(session);
    if (code !== 'expired' || known === undefined) return;
    if (server !== known.place.server && known.stored) {
      throw new Violation('I7', `${session} is with ${known.place.server}, and has expired at ${server}`);
    }
    this.#checkOver(session, known, atMs, 'has expired');
  }

  /** @param what What is right only when the window has passed. */
  #checkOver(session: string, { place: { since }, windowMs }: Known, atMs: number, what: string): void {
    if (windowMs === undefined || (since !== undefined && atMs >= since.fromMs + windowMs)) return;
    const away = since === undefined ? 'is there' : `was away for ${atMs - since.fromMs} ms of ${windowMs}`;
    throw new Violation('I7', `${session} ${away}, and ${what}`);
  }
}

function detached(server: string, fromMs: number, toMs: number): Place {
  return { server, connection: undefined, since: { fromMs, toMs } };
}
