import type { Blobs, Durability, KeyValueMap, Log, Store, StoreHealth } from '@packetboat/core';

/** A store of which some parts are others. */
export class ForwardingStore implements Store {
  readonly id: string;
  readonly shared: boolean;
  readonly durability: Durability;
  readonly log: Log;
  readonly map: KeyValueMap;
  readonly blobs: Blobs;
  readonly failed: Promise<Error>;
  readonly #inner: Store;

  constructor(inner: Store, parts: Partial<Pick<Store, 'log' | 'map' | 'failed' | 'shared'>>) {
    this.#inner = inner;
    this.id = inner.id;
    this.shared = parts.shared ?? inner.shared ?? false;
    this.durability = inner.durability;
    this.log = parts.log ?? inner.log;
    this.map = parts.map ?? inner.map;
    this.blobs = inner.blobs;
    this.failed = parts.failed ?? inner.failed;
  }

  health(): StoreHealth {
    return this.#inner.health();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
