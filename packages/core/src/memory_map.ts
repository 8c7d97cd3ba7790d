import { PacketboatError } from './errors.ts';
import type { Limits } from './limits.ts';
import { compareNames } from './names.ts';
import type { KeyValueMap, MapEntry, PutOutcome } from './store.ts';

/** The memory engine's Map. */
export class MemoryMap implements KeyValueMap {
  readonly #limits: Limits;
  readonly #entries = new Map<string, MapEntry>();
  /** Only ever grows, so that no revision is used again, also not after a delete. */
  #lastRevision = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  async get(key: string): Promise<MapEntry | undefined> {
    return this.#entries.get(key);
  }

  async put(key: string, value: Uint8Array, expected?: number | 'absent'): Promise<PutOutcome> {
    const { mapEntriesMax, mapValueBytesMax } = this.#limits;
    if (value.length > mapValueBytesMax) {
      throw new PacketboatError(
        'tooLarge',
        `Value of ${value.length} bytes is over mapValueBytesMax ${mapValueBytesMax}`,
      );
    }
    const current = this.#entries.get(key);
    if (expected !== undefined && expected !== (current?.revision ?? 'absent')) {
      return { kind: 'revisionConflict', revision: current?.revision };
    }
    if (current === undefined && this.#entries.size >= mapEntriesMax) {
      throw new PacketboatError('limitReached', `The map holds mapEntriesMax ${mapEntriesMax} entries`);
    }
    this.#lastRevision += 1;
    this.#entries.set(key, { key, value: value.slice(), revision: this.#lastRevision });
    return { kind: 'put', revision: this.#lastRevision };
  }

  async list(prefix: string, after: string | undefined, limit: number): Promise<MapEntry[]> {
    return [...this.#entries.values()]
      .filter(({ key }) => key.startsWith(prefix) && (after === undefined || compareNames(key, after) > 0))
      .toSorted((left, right) => compareNames(left.key, right.key))
      .slice(0, limit);
  }

  async delete(key: string, expected?: number): Promise<'deleted' | 'notFound' | 'revisionConflict'> {
    const current = this.#entries.get(key);
    if (current === undefined) return 'notFound';
    if (expected !== undefined && expected !== current.revision) return 'revisionConflict';
    this.#entries.delete(key);
    return 'deleted';
  }
}
