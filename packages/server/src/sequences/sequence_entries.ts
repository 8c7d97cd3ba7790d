import {
  assert,
  isSequenceAlgorithm,
  isSequenceSeed,
  type KeyValueMap,
  type MapEntry,
  type SequencePlan,
} from '@packetboat/core';

const prefix = 'sequence/';
/** Entries that one look at the Map brings. */
const pageKeys = 256;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * The sequences in a store's Map: `sequence/<session>`, at most one for each session. An entry is written once: numbers
 * follow from the seed, and where a client is, it says itself.
 */
export class SequenceEntries {
  readonly #map: KeyValueMap;

  constructor(map: KeyValueMap) {
    this.#map = map;
  }

  async get(session: string): Promise<SequencePlan | undefined> {
    const entry = await this.#map.get(prefix + session);
    return entry && decode(entry);
  }

  /** Stores a new one; gives what is stored, which another server may have been first with. */
  async create(session: string, plan: SequencePlan): Promise<SequencePlan> {
    const outcome = await this.#map.put(prefix + session, encoder.encode(JSON.stringify(plan)), 'absent');
    return outcome.kind === 'put' ? plan : ((await this.get(session)) ?? plan);
  }

  async delete(session: string): Promise<void> {
    await this.#map.delete(prefix + session);
  }

  /** Names of the sessions that have one. */
  async *sessions(): AsyncGenerator<string> {
    let page: MapEntry[] = [];
    do {
      page = await this.#map.list(prefix, page.at(-1)?.key, pageKeys);
      for (const { key } of page) yield key.slice(prefix.length);
    } while (page.length === pageKeys);
  }
}

function decode({ value }: MapEntry): SequencePlan {
  const plan = JSON.parse(decoder.decode(value)) as SequencePlan;
  const { seed, n, tickMs, algorithm } = plan;
  const isWhole = isSequenceSeed(seed) && isSequenceAlgorithm(algorithm) && [n, tickMs].every(Number.isSafeInteger);
  assert(isWhole, 'a stored sequence is well-formed');
  return plan;
}
