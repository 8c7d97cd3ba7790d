import type { PutOutcome } from '@packetboat/core';
import { ForwardingMap } from '../store/forwarding_map.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';

/** A cursor is stored behind the record that comes next. */
export const cursorOffByOne: Mutant = {
  name: 'cursor_off_by_one',
  invariant: 'I5',
  seams: () => ({ store: (store) => new ForwardingStore(store, { map: new MiscountingMap(store.map) }) }),
};

class MiscountingMap extends ForwardingMap {
  override put(key: string, value: Uint8Array, expected?: number | 'absent'): Promise<PutOutcome> {
    if (!key.startsWith('cursor/')) return this.inner.put(key, value, expected);
    const position = JSON.parse(new TextDecoder().decode(value)) as { readonly offset: number };
    const moved = JSON.stringify({ ...position, offset: position.offset + 1 });
    return this.inner.put(key, new TextEncoder().encode(moved), expected);
  }
}
