import { assert, type KeyValueMap, type MapEntry, PacketboatError, quoted } from '@packetboat/core';

/** A named reader's durable position in one incarnation of a stream. */
export interface CursorPosition {
  readonly incarnation: string;
  /** Everything before it is done with. */
  readonly offset: number;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();
/** Conflicts with other movers of the same cursor that one move outlasts. */
const attemptsMax = 16;
/** Cursors of a deleted stream that are deleted side by side. */
const deletedAtOnce = 100;

/** Durable cursors in the store's Map: `cursor/<stream>/<name>`, both parts percent-encoded. They never go back (I5). */
export class Cursors {
  readonly #map: KeyValueMap;

  constructor(map: KeyValueMap) {
    this.#map = map;
  }

  async get(stream: string, name: string): Promise<CursorPosition | undefined> {
    const entry = await this.#map.get(keyOf(stream, name));
    return entry === undefined ? undefined : decode(entry);
  }

  /**
   * Moves the cursor to `position`; where it stands already is no error. A position in another incarnation than the
   * stored one replaces it: the caller has read the stream that exists.
   *
   * @throws {PacketboatError} `cursorRegressed`, `busy`, or what the store answers.
   */
  async move(stream: string, name: string, position: CursorPosition): Promise<void> {
    const key = keyOf(stream, name);
    const value = encoder.encode(JSON.stringify(position));
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const entry = await this.#map.get(key);
      const stored = entry === undefined ? undefined : decode(entry);
      if (stored?.incarnation === position.incarnation) {
        if (stored.offset === position.offset) return;
        if (stored.offset > position.offset) {
          const message = `Cursor ${quoted(name)} is at ${stored.offset} and cannot go back to ${position.offset}`;
          throw new PacketboatError('cursorRegressed', message);
        }
      }
      const outcome = await this.#map.put(key, value, entry?.revision ?? 'absent');
      if (outcome.kind === 'put') return;
    }
    throw new PacketboatError('busy', `Too many readers move cursor ${quoted(name)} at a time`, { retryAfterMs: 100 });
  }

  /** Cursors of a stream, in the order of their keys, after the one named `after`. */
  async list(
    stream: string,
    after: string | undefined,
    limit: number,
  ): Promise<({ readonly cursor: string } & CursorPosition)[]> {
    const prefix = keyOf(stream, '');
    const entries = await this.#map.list(prefix, after === undefined ? undefined : keyOf(stream, after), limit);
    return entries.map((entry) => ({ cursor: decodeURIComponent(entry.key.slice(prefix.length)), ...decode(entry) }));
  }

  delete(stream: string, name: string): Promise<'deleted' | 'notFound' | 'revisionConflict'> {
    return this.#map.delete(keyOf(stream, name));
  }

  /**
   * Deletes the cursors of a stream that was deleted. Those of an incarnation made under its name meanwhile stay.
   *
   * @param incarnationNow Says the name's incarnation if it has one again.
   */
  async deleteAll(stream: string, incarnationNow: () => Promise<string | undefined>): Promise<void> {
    const prefix = keyOf(stream, '');
    let page: MapEntry[] = [];
    do {
      page = await this.#map.list(prefix, page.at(-1)?.key, deletedAtOnce);
      // Asked behind the list: a cursor that is listed and not of this incarnation belongs to one that is gone.
      const incarnation = await incarnationNow();
      const gone = page.filter((entry) => decode(entry).incarnation !== incarnation);
      await Promise.all(gone.map(({ key, revision }) => this.#map.delete(key, revision)));
    } while (page.length === deletedAtOnce);
  }
}

function keyOf(stream: string, name: string): string {
  return `cursor/${encodeURIComponent(stream)}/${encodeURIComponent(name)}`;
}

function decode(entry: MapEntry): CursorPosition {
  const value = JSON.parse(decoder.decode(entry.value)) as CursorPosition;
  assert(typeof value.incarnation === 'string' && Number.isSafeInteger(value.offset), 'a stored cursor is well-formed');
  return value;
}
