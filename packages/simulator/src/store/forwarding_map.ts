import type { KeyValueMap, MapEntry, PutOutcome } from '@packetboat/core';

/** A Map that hands everything on: a subclass changes what it wants to. */
export class ForwardingMap implements KeyValueMap {
  protected readonly inner: KeyValueMap;

  constructor(inner: KeyValueMap) {
    this.inner = inner;
  }

  get(key: string): Promise<MapEntry | undefined> {
    return this.inner.get(key);
  }

  put(key: string, value: Uint8Array, expected?: number | 'absent'): Promise<PutOutcome> {
    return this.inner.put(key, value, expected);
  }

  list(prefix: string, after: string | undefined, limit: number): Promise<MapEntry[]> {
    return this.inner.list(prefix, after, limit);
  }

  delete(key: string, expected?: number): ReturnType<KeyValueMap['delete']> {
    return this.inner.delete(key, expected);
  }
}
