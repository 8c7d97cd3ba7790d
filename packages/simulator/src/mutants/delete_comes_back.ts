import type { Absence, Log, World } from '@packetboat/core';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';

/** A deletion is answered, and stored some time later (F4). */
export const deleteComesBack: Mutant = {
  name: 'delete_comes_back',
  invariant: 'I1',
  seams: () => ({ store: (store, { world }) => new ForwardingStore(store, { log: new LazyLog(store.log, world) }) }),
};

const storedAfterMs = 5_000;

class LazyLog extends ForwardingLog {
  readonly #world: World;

  constructor(inner: Log, world: World) {
    super(inner);
    this.#world = world;
  }

  override async delete(stream: string): Promise<'deleted' | Absence> {
    const info = await this.inner.info(stream);
    if (typeof info === 'string') return info;
    this.#world.timers.after(storedAfterMs, () => {
      this.inner.delete(stream).catch(() => undefined);
    });
    return 'deleted';
  }
}
