import type { KeyValueMap, Timer, World } from '@packetboat/core';

/** What {@linkcode ServerLeases} needs. */
export interface ServerLeasesOptions {
  /** This server. */
  readonly server: string;
  readonly map: KeyValueMap;
  readonly world: World;
  readonly leaseMs: number;
  /** Called in each round with the servers that live, this one included. */
  readonly round: (live: ReadonlySet<string>) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** An entry as it is, and since when. */
interface Seen {
  readonly revision: number;
  readonly sinceMs: number;
}

const prefix = 'server/';
/** Servers over one store. */
const serversMax = 1_000;
const roundsPerLease = 3;
const empty = new Uint8Array(0);

/**
 * Which servers over a shared store live. Each says so by writing its entry, `server/<id>`, three times in `leaseMs`; one
 * whose entry has stayed the same for `leaseMs` is dead. Everybody looks at revisions and at its own clock: no two clocks
 * are compared.
 */
export class ServerLeases {
  readonly #options: ServerLeasesOptions;
  /** Since when the others' entries are as they are. */
  #seen: ReadonlyMap<string, Seen> = new Map();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: ServerLeasesOptions) {
    this.#options = options;
  }

  /** Settles when this server is known to live; rejects with what the store answers. */
  async start(): Promise<void> {
    await this.#round();
    this.#later();
  }

  /** Whether a server has said that it lives, and nobody has found it dead since. */
  async hasEntry(server: string): Promise<boolean> {
    return (await this.#options.map.get(prefix + server)) !== undefined;
  }

  /** Is taken for dead `leaseMs` later. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #later(): void {
    if (this.#stopped) return;
    const { world, leaseMs, failed } = this.#options;
    this.#timer = world.timers.after(leaseMs / roundsPerLease, () => {
      this.#round()
        .catch(failed)
        .finally(() => this.#later());
    });
  }

  async #round(): Promise<void> {
    const { server, map, round } = this.#options;
    try {
      await map.put(prefix + server, empty);
    } catch (error) {
      // Where nobody can write, silence says nothing: everybody has a new lease.
      this.#seen = new Map();
      throw error;
    }
    await round(await this.#live());
  }

  async #live(): Promise<ReadonlySet<string>> {
    const { server, map, world, leaseMs } = this.#options;
    const entries = await map.list(prefix, undefined, serversMax);
    const nowMs = world.clock.monotonicMs();
    const live = new Set([server]);
    const seen = new Map<string, Seen>();
    for (const { key, revision } of entries) {
      const other = key.slice(prefix.length);
      const before = this.#seen.get(other);
      const now = before?.revision === revision ? before : { revision, sinceMs: nowMs };
      if (other !== server && nowMs - now.sinceMs >= leaseMs) {
        await map.delete(key, revision);
        continue;
      }
      seen.set(other, now);
      live.add(other);
    }
    this.#seen = seen;
    return live;
  }
}
