import type { KeyValueMap, PutOutcome } from '@packetboat/core';
import { ForwardingMap } from '../store/forwarding_map.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';

/** A server finds only the sessions that it has itself: at another one they have expired (F8). */
export const sessionKnownToOne: Mutant = {
  name: 'session_known_to_one',
  invariant: 'I7',
  seams: () => ({ store: (store) => new ForwardingStore(store, { map: new OwnMap(store.map) }) }),
};

class OwnMap extends ForwardingMap {
  readonly #own = new Set<string>();

  override put(key: string, ...rest: [value: Uint8Array, expected?: number | 'absent']): Promise<PutOutcome> {
    this.#own.add(key);
    return this.inner.put(key, ...rest);
  }

  override async get(key: string): ReturnType<KeyValueMap['get']> {
    const isHidden = key.startsWith('session/') && !this.#own.has(key);
    return isHidden ? undefined : await this.inner.get(key);
  }
}
