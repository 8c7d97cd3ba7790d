import { type Checker, type Ending, type Listeners, type Observation, Violation } from '../observation.ts';

/** What stands at an offset, as readers saw it. */
interface Seen {
  readonly payload: string;
  readonly reader: string;
}

const decoder = new TextDecoder();

/**
 * I4: at an offset every reader sees the same record, for ever, and none that a crash can take back: whenever a store is
 * opened, it has come at least as far as any reader. Each loop reads without holes; only a gap may skip. A fork holds
 * what its source held.
 *
 * Does not compare what was trimmed before anybody read it.
 */
export class OneOrderForAll implements Checker {
  readonly invariant = 'I4';
  /** Stream → offset → what was seen there. */
  readonly #seen = new Map<string, Map<number, Seen>>();
  /** Stream → offset behind the furthest record that was read. */
  readonly #reached = new Map<string, number>();
  /** Stream, reader and run → the offset that comes next. */
  readonly #next = new Map<string, number>();
  readonly #forks: Observation['forked'][] = [];

  readonly listeners: Listeners = {
    delivered: (delivered) => this.#delivered(delivered),
    forked: (fork) => this.#forks.push(fork),
    storeOpened: ({ streams }) => {
      for (const [stream, reached] of this.#reached) {
        const tail = streams.find((info) => info.stream === stream)?.tail ?? 0;
        if (tail < reached) throw new Violation('I4', `${stream} ends at ${tail}, a reader was at ${reached}`);
      }
    },
  };

  conclude({ streams }: Ending): void {
    for (const [stream, seen] of this.#seen) {
      const ending = streams.get(stream);
      for (const [offset, { payload, reader }] of seen) {
        if (offset < (ending?.info.first ?? 0)) continue;
        const stored = ending?.records[offset - ending.info.first]?.text;
        if (stored === payload) continue;
        throw new Violation('I4', `${stream}: ${reader} read ${payload} at ${offset}, where ${stored} is stored`);
      }
    }
    for (const { stream, source, offset } of this.#forks) {
      const [fork, origin] = [streams.get(stream), streams.get(source)];
      if (fork === undefined || origin === undefined) continue;
      for (let at = fork.info.first; at < offset; at++) {
        const ours = fork.records[at - fork.info.first];
        const theirs = origin.records[at - origin.info.first] ?? origin.read.get(at);
        const isUnknown = theirs === undefined && at < origin.info.first;
        if (isUnknown || ours?.text === theirs?.text) continue;
        throw new Violation('I4', `${stream} holds ${ours?.text} at ${at}, its source ${source} ${theirs?.text}`);
      }
    }
  }

  #delivered({ stream, reader, run, record }: Observation['delivered']): void {
    const { gap, offset } = record;
    const loop = `${stream} ${reader} ${run}`;
    const expected = this.#next.get(loop);
    // A gap that the server tells has no bytes of its own and stands for offsets; one that is stored takes one.
    const from = gap !== undefined && record.bytes.length === 0 ? gap.from : offset;
    if (expected !== undefined && from !== expected) {
      throw new Violation('I4', `${loop}: offset ${from} came where ${expected} was next`);
    }
    this.#next.set(loop, offset + 1);
    this.#reached.set(stream, Math.max(this.#reached.get(stream) ?? 0, offset + 1));
    if (record.bytes.length === 0) return;
    const payload = decoder.decode(record.bytes);
    const seen = this.#seen.get(stream) ?? new Map<number, Seen>();
    this.#seen.set(stream, seen);
    const before = seen.get(offset);
    if (before === undefined) seen.set(offset, { payload, reader });
    else if (before.payload !== payload) {
      throw new Violation(
        'I4',
        `${stream}: ${reader} read ${payload} at ${offset}, ${before.reader} ${before.payload}`,
      );
    }
  }
}
