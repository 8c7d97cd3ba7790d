import { createHash, timingSafeEqual } from 'node:crypto';
import { assert, type KeyValueMap, type MapEntry, type ResumeAttempt } from '@packetboat/core';

/**
 * What is stored of a session, all of it. Each field has its reason: positions and what is on its way are the client's to
 * tell, and streams, producers and cursors remember the rest.
 */
export interface StoredSession {
  /** SHA-256 of the token, in hex: whoever reads the store cannot resume. */
  readonly token: string;
  /** The window that the client was told, whatever the setting is after a restart. */
  readonly windowMs: number;
  /** Which server has it: of several over one store, only that one lets it expire. */
  readonly server: string;
  /** The last hello that went on in it: an earlier one may still be on its way, to this server or another. */
  readonly life?: string | undefined;
  readonly attempt?: number | undefined;
  /** It was taken from a server that gave no sign of life, and nobody has resumed it since. */
  readonly adopted?: true | undefined;
}

/** A stored session as it was read. Each change gives it a new revision. */
export interface SessionEntry {
  readonly id: string;
  readonly revision: number;
  readonly stored: StoredSession;
}

const prefix = 'session/';
/** Entries that one look at the Map brings. */
const pageKeys = 256;
const idPattern = /^[0-9a-f]{32}$/;
const hashPattern = /^[0-9a-f]{64}$/;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The sessions in a store's Map: `session/<id>`. */
export class SessionEntries {
  readonly #map: KeyValueMap;
  readonly #server: string;

  /** @param server Whose sessions are made and taken. */
  constructor(map: KeyValueMap, server: string) {
    this.#map = map;
    this.#server = server;
  }

  /** Stores a new session; gives its revision. */
  async create(id: string, token: string, windowMs: number): Promise<number> {
    const value = encode({ token: hashOf(token), windowMs, server: this.#server });
    const outcome = await this.#map.put(prefix + id, value, 'absent');
    assert(outcome.kind === 'put', 'every session has a name of its own');
    return outcome.revision;
  }

  /** `undefined` when there is none, also for an id that no server gives. */
  async get(id: string): Promise<SessionEntry | undefined> {
    const entry = idPattern.test(id) ? await this.#map.get(prefix + id) : undefined;
    return entry && decode(entry);
  }

  /**
   * Makes it this server's, as a new revision; `undefined` when somebody has changed it since.
   *
   * @param by The hello that resumes it; without one it is adopted.
   */
  async take({ id, stored, revision }: SessionEntry, by?: ResumeAttempt): Promise<number | undefined> {
    const { life, attempt } = by ?? stored;
    const adopted = by === undefined ? true : undefined;
    const value = encode({ ...stored, server: this.#server, life, attempt, adopted });
    const outcome = await this.#map.put(prefix + id, value, revision);
    return outcome.kind === 'put' ? outcome.revision : undefined;
  }

  /** Deletes it; false when somebody has changed it since. That it is gone already is no error. */
  async delete(id: string, revision: number): Promise<boolean> {
    return (await this.#map.delete(prefix + id, revision)) !== 'revisionConflict';
  }

  async *all(): AsyncGenerator<SessionEntry> {
    let page: MapEntry[] = [];
    do {
      page = await this.#map.list(prefix, page.at(-1)?.key, pageKeys);
      yield* page.map(decode);
    } while (page.length === pageKeys);
  }
}

/** Whether `token` is the session's; how long this takes tells nothing. */
export function isTokenOf(stored: StoredSession, token: string): boolean {
  return timingSafeEqual(Buffer.from(stored.token, 'hex'), Buffer.from(hashOf(token), 'hex'));
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function encode(stored: StoredSession): Uint8Array {
  return encoder.encode(JSON.stringify(stored));
}

function decode({ key, value, revision }: MapEntry): SessionEntry {
  const stored = JSON.parse(decoder.decode(value)) as StoredSession;
  const { token, windowMs, server } = stored;
  const isWhole = hashPattern.test(token) && Number.isSafeInteger(windowMs) && typeof server === 'string';
  assert(isWhole, 'a stored session is well-formed');
  return { id: key.slice(prefix.length), revision, stored };
}
