import type { KeyValueMap, PutOutcome, World } from '@packetboat/core';
import { ForwardingMap } from '../store/forwarding_map.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';

/** A cursor's move is confirmed, and stored some time later. */
export const cursorDirty: Mutant = {
  name: 'cursor_dirty',
  invariant: 'I5',
  seams: () => ({
    store: (store, { world }) => new ForwardingStore(store, { map: new LazyMap(store.map, world) }),
  }),
};

const storedAfterMs = 1_000;

class LazyMap extends ForwardingMap {
  readonly #world: World;
  #revision = 1_000_000;

  constructor(inner: KeyValueMap, world: World) {
    super(inner);
    this.#world = world;
  }

  override put(key: string, value: Uint8Array, expected?: number | 'absent'): Promise<PutOutcome> {
    if (!key.startsWith('cursor/')) return this.inner.put(key, value, expected);
    this.#world.timers.after(storedAfterMs, () => {
      this.inner.put(key, value).catch(() => undefined);
    });
    this.#revision += 1;
    return Promise.resolve({ kind: 'put', revision: this.#revision });
  }
}
