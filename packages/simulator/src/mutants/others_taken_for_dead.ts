import type { KeyValueMap, MapEntry } from '@packetboat/core';
import { ForwardingMap } from '../store/forwarding_map.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';

/** A server takes others for dead that it has not seen renew their lease yet, and adopts their sessions. */
export const othersTakenForDead: Mutant = {
  name: 'others_taken_for_dead',
  invariant: 'I7',
  seams: () => ({ store: (store) => new ForwardingStore(store, { map: new HastyMap(store.map) }) }),
};

class HastyMap extends ForwardingMap {
  /** The first revision of each lease that was seen. */
  readonly #first = new Map<string, number>();

  override async get(key: string): Promise<MapEntry | undefined> {
    const entry = await this.inner.get(key);
    return this.#isKnown(key, entry?.revision) ? entry : undefined;
  }

  override async list(...question: Parameters<KeyValueMap['list']>): Promise<MapEntry[]> {
    const entries = await this.inner.list(...question);
    return entries.filter(({ key, revision }) => this.#isKnown(key, revision));
  }

  #isKnown(key: string, revision: number | undefined): boolean {
    if (!key.startsWith('server/') || revision === undefined) return true;
    const first = this.#first.get(key) ?? revision;
    this.#first.set(key, first);
    return first !== revision;
  }
}
