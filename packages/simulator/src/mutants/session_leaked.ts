import type { KeyValueMap } from '@packetboat/core';
import { ForwardingMap } from '../store/forwarding_map.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';

/** A session that is over stays in the store. */
export const sessionLeaked: Mutant = {
  name: 'session_leaked',
  invariant: 'I10',
  seams: () => ({ store: (store) => new ForwardingStore(store, { map: new ClingingMap(store.map) }) }),
};

class ClingingMap extends ForwardingMap {
  override async delete(key: string, expected?: number): ReturnType<KeyValueMap['delete']> {
    return key.startsWith('session/') ? 'deleted' : await this.inner.delete(key, expected);
  }
}
