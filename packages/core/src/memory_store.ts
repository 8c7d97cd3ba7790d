import { defaultLimits, type Limits } from './limits.ts';
import { ExpiringLog } from './expiring_log.ts';
import { MemoryBlobs } from './memory_blobs.ts';
import { MemoryLog } from './memory_log.ts';
import { MemoryMap } from './memory_map.ts';
import { hex } from './names.ts';
import type { World } from './ports.ts';
import type { Store, StoreHealth } from './store.ts';

/** Options of {@linkcode MemoryStore}. */
export interface MemoryStoreOptions {
  readonly world: World;
  /** @default defaultLimits */
  readonly limits?: Limits;
  /** Whether several servers use it, in tests. @default false */
  readonly shared?: boolean;
}

/**
 * A store in memory: the oracle that every engine is compared with. It keeps every rule and nothing
 * across a restart, and says so (`durability` is `memory`).
 */
export class MemoryStore implements Store {
  readonly id: string;
  readonly durability = 'memory';
  readonly shared: boolean;
  readonly log: ExpiringLog;
  readonly map: MemoryMap;
  readonly blobs = new MemoryBlobs();
  /** Never settles: memory does not fail. */
  readonly failed = new Promise<Error>(() => undefined);
  readonly #log: MemoryLog;
  #closed = false;

  constructor(options: MemoryStoreOptions) {
    const { world, limits = defaultLimits, shared = false } = options;
    this.shared = shared;
    this.id = hex(world.random.bytes(16));
    this.#log = new MemoryLog(this.id, world, limits);
    this.log = new ExpiringLog(this.#log, { world });
    this.map = new MemoryMap(limits);
  }

  health(): StoreHealth {
    return {
      ...this.#log.counters,
      state: this.#closed ? 'closed' : 'ready',
      reason: undefined,
      syncs: 0,
      lastCommitMs: 0,
      walBytes: 0,
      losses: 0,
      damagedRows: 0,
    };
  }

  async close(): Promise<void> {
    this.log.stop();
    await this.#log.stop();
    this.#closed = true;
  }
}
