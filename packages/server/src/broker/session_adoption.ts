import type { Broker } from './broker.ts';
import { ServerLeases } from './server_leases.ts';
import type { Session } from './session.ts';
import type { SessionEntries, SessionEntry } from './session_entries.ts';
import { UntilDone } from './until_done.ts';

/** What {@linkcode SessionAdoption} needs. */
export interface SessionAdoptionOptions {
  readonly broker: Broker;
  /** This life of this server. */
  readonly server: string;
  readonly entries: SessionEntries;
  /** Those that this server has. */
  readonly sessions: ReadonlyMap<string, Session>;
  /** Takes a session that was left behind. */
  readonly adopt: (entry: SessionEntry, revision: number) => void;
  /** Lets go of a session that another server has; without `entry` it is over. */
  readonly lose: (session: Session, entry: SessionEntry | undefined) => void;
}

/**
 * Who takes what dead servers have left. Of a store that nobody else uses, all is of earlier lives of this server; over a
 * shared one {@linkcode ServerLeases} says who lives, and a compare-and-set of the entry decides between those who would
 * take it.
 */
export class SessionAdoption {
  readonly #options: SessionAdoptionOptions;
  readonly #leases: ServerLeases | undefined;
  readonly #start: UntilDone;
  #adopted: Promise<void> | undefined;

  constructor(options: SessionAdoptionOptions) {
    this.#options = options;
    const { broker } = options;
    const { world, log, store } = broker;
    if (store.shared === true) this.#leases = this.#makeLeases();
    const failed = (error: unknown) => log.warn({ error }, 'the sessions of earlier lives could not be looked at');
    this.#start = new UntilDone(world.timers, () => this.ready(), failed);
  }

  /** Begins, and tries until it can: what was left must expire also when nobody comes. */
  start(): void {
    this.#start.start();
  }

  stop(): void {
    this.#start.stop();
    this.#leases?.stop();
  }

  /** Settles when earlier lives' sessions are adopted. What failed is tried again by whoever comes next. */
  ready(): Promise<void> {
    this.#adopted ??= this.#adoptAll().catch((error: unknown) => {
      this.#adopted = undefined;
      throw error;
    });
    return this.#adopted;
  }

  async #adoptAll(): Promise<void> {
    if (this.#leases !== undefined) return this.#leases.start();
    const { entries, sessions, adopt } = this.#options;
    for await (const entry of entries.all()) if (!sessions.has(entry.id)) adopt(entry, entry.revision);
  }

  #makeLeases(): ServerLeases {
    const { server, broker } = this.#options;
    const { store, world, limits, log } = broker;
    return new ServerLeases({
      server,
      map: store.map,
      world,
      leaseMs: limits.serverLeaseMs,
      round: (live) => this.#compare(live),
      failed: (error) => log.warn({ error }, 'the other servers over this store could not be looked at'),
    });
  }

  /** Lets go of what others have taken over, and adopts what dead servers have left. */
  async #compare(live: ReadonlySet<string>): Promise<void> {
    const { entries, sessions, adopt, lose } = this.#options;
    for (const session of sessions.values()) {
      const { id, revision } = session;
      if (revision === undefined) continue;
      const entry = await entries.get(id);
      // Not ours of a moment ago, and not being changed by us.
      const isAlien = entry?.revision !== revision && session.revision === revision;
      if (isAlien && session.resuming === 0 && !session.ending) lose(session, entry);
    }
    for await (const entry of entries.all()) {
      const { server } = entry.stored;
      // Asked behind the list: one that began meanwhile said so before it had a session.
      if (live.has(server) || (await this.#leases?.hasEntry(server)) === true) continue;
      const revision = await entries.take(entry);
      if (revision !== undefined) adopt(entry, revision);
    }
  }
}
