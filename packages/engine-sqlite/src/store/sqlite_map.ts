import type { KeyValueMap, MapEntry, PutOutcome } from '@packetboat/core';
import type { StoreBackend } from './store_threads.ts';

/** The embedded engine's Map. */
export class SqliteMap implements KeyValueMap {
  readonly #backend: StoreBackend;

  constructor(backend: StoreBackend) {
    this.#backend = backend;
  }

  /** What the reader does not find is for the writer to say: it knows every key (F14). */
  async get(key: string): Promise<MapEntry | undefined> {
    return (await this.#backend.read({ kind: 'entry', key })) ?? this.#backend.lookUp({ kind: 'entry', key });
  }

  async put(key: string, value: Uint8Array, expected?: number | 'absent'): Promise<PutOutcome> {
    const { result } = await this.#backend.commit({ kind: 'put', key, value: value.slice(), expected });
    return result as PutOutcome;
  }

  list(prefix: string, after: string | undefined, limit: number): Promise<MapEntry[]> {
    return this.#backend.lookUp({ kind: 'entries', prefix, after, limit });
  }

  async delete(key: string, expected?: number): Promise<'deleted' | 'notFound' | 'revisionConflict'> {
    const { result } = await this.#backend.commit({ kind: 'remove', key, expected });
    return result as 'deleted' | 'notFound' | 'revisionConflict';
  }
}
