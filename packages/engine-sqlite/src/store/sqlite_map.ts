import type { KeyValueMap, MapEntry, PutOutcome } from '@packetboat/core';
import type { StoreThreads } from './store_threads.ts';

/** The embedded engine's Map. */
export class SqliteMap implements KeyValueMap {
  readonly #threads: StoreThreads;

  constructor(threads: StoreThreads) {
    this.#threads = threads;
  }

  /** What the reader does not find is for the writer to say: it knows every key (F14). */
  async get(key: string): Promise<MapEntry | undefined> {
    return (await this.#threads.read({ kind: 'entry', key })) ?? this.#threads.lookUp({ kind: 'entry', key });
  }

  async put(key: string, value: Uint8Array, expected?: number | 'absent'): Promise<PutOutcome> {
    const { result } = await this.#threads.commit({ kind: 'put', key, value: value.slice(), expected });
    return result as PutOutcome;
  }

  list(prefix: string, after: string | undefined, limit: number): Promise<MapEntry[]> {
    return this.#threads.lookUp({ kind: 'entries', prefix, after, limit });
  }

  async delete(key: string, expected?: number): Promise<'deleted' | 'notFound' | 'revisionConflict'> {
    const { result } = await this.#threads.commit({ kind: 'remove', key, expected });
    return result as 'deleted' | 'notFound' | 'revisionConflict';
  }
}
