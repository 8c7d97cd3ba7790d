import {
  type ErrorCode,
  decideResume,
  detached,
  hex,
  isOutdated,
  PacketboatError,
  type ResumeAttempt,
  type SessionIdentity,
} from '@packetboat/core';
import type { Broker } from './broker.ts';
import type { Session, SessionHolder } from './session.ts';
import { SessionAdoption } from './session_adoption.ts';
import { isTokenOf, SessionEntries, type SessionEntry } from './session_entries.ts';
import { SessionWindows } from './session_windows.ts';

/** A new session, and the secret that resumes it: without one, it ends with its connection. */
export interface OpenedSession {
  readonly session: Session;
  readonly token: string | undefined;
}

/** Who asks to go on in which session. */
type ResumeWish = SessionIdentity & ResumeAttempt;

/** Told that a session has expired or was ended. */
export type WhenEnded = (session: string) => Promise<void>;

/** Others that resume the same session at the same moment, which one resume outlasts. */
const attemptsMax = 16;
/** Of what a client says, all that is stored as it is. */
const lifeCharactersMax = 64;
/** When to come back to a server that has no room for another session. */
const fullRetryMs = 5_000;
/** Codes that say that the store has no room. */
const noRoomCodes: ReadonlySet<ErrorCode> = new Set(['diskFull', 'limitReached']);

/**
 * The sessions of this server, attached and detached (P4): who is here, or may still come back.
 *
 * A session is stored once, when it is opened, and the clock of its window is in memory: at start every stored one is
 * detached as of now, so that a server's own downtime does not count. A resume is one compare-and-set of the entry, whose
 * new revision fences the connection that it takes over from; the end of a window is a compare-and-delete.
 */
export class Sessions {
  /** This life of this server, in the entries of its sessions. */
  readonly server: string;
  readonly #broker: Broker;
  readonly #entries: SessionEntries;
  readonly #sessions = new Map<string, Session>();
  readonly #attached = new Set<Session>();
  readonly #whenEnded: WhenEnded[] = [];
  readonly #windows: SessionWindows;
  readonly #adoption: SessionAdoption;
  /** New ones that the store is taking: they have their slots. */
  #opening = 0;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.server = hex(broker.world.random.bytes(8));
    const entries = new SessionEntries(broker.store.map, this.server);
    this.#entries = entries;
    this.#windows = new SessionWindows({
      broker,
      entries,
      ended: (session) => this.#ended(session),
      gone: (session) => this.#remove(session),
    });
    this.#adoption = new SessionAdoption({
      broker,
      server: this.server,
      entries,
      sessions: this.#sessions,
      adopt: (entry, revision) => this.#adopt(entry, revision),
      lose: (session, entry) => this.#lose(session, entry),
    });
  }

  /** Sessions here, detached ones included. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Those that have a connection. */
  get attached(): number {
    return this.#attached.size;
  }

  /** Those that are kept for their window. */
  get detached(): number {
    return this.#sessions.size - this.#attached.size;
  }

  /** Whether somebody is here: within its window also while the link is gone. */
  has(id: string): boolean {
    return this.#sessions.has(id);
  }

  /** Whether the store has it, whichever server it is with. */
  async isStored(id: string): Promise<boolean> {
    return (await this.#entries.get(id)) !== undefined;
  }

  /** Adopts the sessions of earlier lives. */
  start(): void {
    this.#adoption.start();
  }

  /**
   * Runs `run` when a session has expired or was ended. When the process dies between the two, nobody runs it: who keeps
   * something for a session looks at its start for what was left.
   */
  whenEnded(run: WhenEnded): void {
    this.#whenEnded.push(run);
  }

  /**
   * Opens a session for a connection.
   *
   * @throws {PacketboatError} `fullHouse`, or what the store answers.
   */
  async open(holder: SessionHolder): Promise<OpenedSession> {
    await this.#adoption.ready();
    const { world, limits, counters, log } = this.#broker;
    const { sessionsMax, windowMs } = limits;
    if (this.#sessions.size + this.#opening >= sessionsMax) {
      const message = `The server has as many sessions as it may hold: ${sessionsMax} (sessionsMax)`;
      throw new PacketboatError('fullHouse', message, { retryAfterMs: fullRetryMs });
    }
    const id = hex(world.random.bytes(16));
    const token = hex(world.random.bytes(32));
    this.#opening += 1;
    try {
      const revision = await this.#store(id, token, windowMs);
      const session = this.#add(id, windowMs, revision);
      this.#hold(session, holder);
      counters.sessionsOpened += 1;
      log.debug({ session: id }, 'a session is new');
      return { session, token: revision === undefined ? undefined : token };
    } finally {
      this.#opening -= 1;
    }
  }

  /**
   * Goes on in a session on another connection. One that it has still is fenced: it is closed as `takenOver` before this
   * settles.
   *
   * @throws {PacketboatError} `badRequest`, `expired`, `unauthorized`, `takenOver` when somebody else was faster or this is
   * a late attempt, `busy`, or what the store answers.
   */
  async resume(holder: SessionHolder, wish: ResumeWish): Promise<Session> {
    if ((wish.life ?? '').length > lifeCharactersMax) {
      throw new PacketboatError('badRequest', `A life has a name of at most ${lifeCharactersMax} characters`);
    }
    await this.#adoption.ready();
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const session = await this.#resumeOnce(holder, wish);
      if (session !== undefined) return session;
    }
    throw new PacketboatError('busy', 'Too many connections resume this session at a time', { retryAfterMs: 100 });
  }

  /** The connection is gone: the session's window begins. Of a connection that does not have it, this means nothing. */
  detach(session: Session, holder: SessionHolder): void {
    if (session.holder !== holder) return;
    this.#letGo(session);
    session.state = detached(session.state, this.#nowMs());
    const { counters, log } = this.#broker;
    counters.sessionsDetached += 1;
    log.debug({ session: session.id }, 'a session has lost its link');
    // One that is not stored cannot be resumed.
    if (session.revision === undefined) void this.#windows.forget(session);
    else this.#windows.watch(session);
  }

  /** Ends a session now. Settles when it is forgotten, or will be. */
  async end(session: Session): Promise<void> {
    this.#letGo(session);
    session.state = { kind: 'detached', sinceMs: Number.NEGATIVE_INFINITY };
    this.#broker.counters.sessionsEnded += 1;
    if (!session.ending) await this.#windows.forget(session);
  }

  /** Lets no session expire any more: the next life of this server adopts them. */
  stop(): void {
    this.#adoption.stop();
    this.#windows.stop(this.#sessions.values());
  }

  /** Stores a new session. `undefined`: there is no room for it, and reading goes on all the same (P8). */
  async #store(id: string, token: string, windowMs: number): Promise<number | undefined> {
    try {
      return await this.#entries.create(id, token, windowMs);
    } catch (error) {
      if (!(error instanceof PacketboatError) || !noRoomCodes.has(error.code)) throw error;
      const { log } = this.#broker;
      log.warn({ code: error.code, reason: error.message }, 'a session could not be stored: it cannot be resumed');
      return undefined;
    }
  }

  /** `undefined`: somebody else changed the entry meanwhile. */
  async #resumeOnce(holder: SessionHolder, wish: ResumeWish): Promise<Session | undefined> {
    const { session: id, token } = wish;
    const entry = await this.#entries.get(id);
    if (entry === undefined) throw refusal('expired');
    const { stored } = entry;
    const known = this.#knownAs(entry);
    // Of a session that another server has, that one decides whether it still exists: the entry is its word.
    const found = known ?? { state: { kind: 'attached' }, windowMs: stored.windowMs };
    const decision = decideResume(found, isTokenOf(stored, token), this.#nowMs());
    if (decision === 'expired' || decision === 'unauthorized') throw refusal(decision);
    if (isOutdated(wish, stored)) throw refusal('takenOver');
    if (known === undefined) this.#loseOlder(entry);

    if (known !== undefined) known.resuming += 1;
    try {
      const revision = await this.#entries.take(entry, wish);
      return revision === undefined ? undefined : this.#attach(id, stored.windowMs, revision, holder);
    } finally {
      if (known !== undefined) {
        known.resuming -= 1;
        this.#windows.watch(known);
      }
    }
  }

  /** The session whose entry this is, if it is here and nobody has changed it since. */
  #knownAs({ id, revision }: SessionEntry): Session | undefined {
    const session = this.#sessions.get(id);
    return session?.revision === revision ? session : undefined;
  }

  #attach(id: string, windowMs: number, revision: number, holder: SessionHolder): Session {
    const known = this.#sessions.get(id);
    // One that is being deleted is deleted by its older revision, which means nothing any more.
    const session = known === undefined || known.ending ? this.#add(id, windowMs, revision) : known;
    if (session.revision !== undefined && session.revision > revision) throw refusal('takenOver');
    const fenced = session.holder;
    session.revision = revision;
    this.#hold(session, holder);
    const { counters, log } = this.#broker;
    counters.sessionsResumed += 1;
    log.debug({ session: id, takenOver: fenced !== undefined }, 'a session goes on');
    if (fenced !== undefined) {
      counters.sessionsTakenOver += 1;
      fenced.close('takenOver', refusal('takenOver').message);
    }
    return session;
  }

  #adopt({ id, stored }: SessionEntry, revision: number): void {
    this.#windows.watch(this.#add(id, stored.windowMs, revision));
  }

  /** Another server has had the session: what is known of it here is old. */
  #loseOlder(entry: SessionEntry): void {
    const session = this.#sessions.get(entry.id);
    const isOlder = session?.revision !== undefined && session.revision < entry.revision;
    if (isOlder && entry.stored.server !== this.server) this.#lose(session, entry);
  }

  /** Another server has the session, or had it until it was over. */
  #lose(session: Session, entry: SessionEntry | undefined): void {
    const { holder } = session;
    session.holder = undefined;
    session.timer?.cancel();
    this.#remove(session);
    // Nobody took it over from a client whose server was only taken for dead: that client comes back.
    const isResumed = entry !== undefined && entry.stored.adopted === undefined;
    if (isResumed) holder?.close('takenOver', refusals.takenOver);
    else holder?.close('timeout', 'This server gave no sign of life for too long: another has adopted its sessions');
  }

  #hold(session: Session, holder: SessionHolder): void {
    session.state = { kind: 'attached' };
    session.holder = holder;
    this.#attached.add(session);
  }

  async #ended(session: string): Promise<void> {
    for (const run of this.#whenEnded) await run(session);
  }

  #remove(session: Session): void {
    this.#attached.delete(session);
    if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id);
  }

  #letGo(session: Session): void {
    session.holder = undefined;
    this.#attached.delete(session);
  }

  /** A session that is detached as of now. */
  #add(id: string, windowMs: number, revision: number | undefined): Session {
    const state = { kind: 'detached', sinceMs: this.#nowMs() } as const;
    const fields = { holder: undefined, resuming: 0, ending: false, timer: undefined };
    const session: Session = { id, windowMs, revision, state, ...fields };
    this.#sessions.set(id, session);
    return session;
  }

  #nowMs(): number {
    return this.#broker.world.clock.monotonicMs();
  }
}

function refusal(code: 'expired' | 'unauthorized' | 'takenOver'): PacketboatError {
  return new PacketboatError(code, refusals[code]);
}

const refusals = {
  expired: 'The session is not known any more: it was away for longer than its window, or was ended',
  unauthorized: 'The token is not that of the session',
  takenOver: 'Another connection has taken over this session',
} as const;
