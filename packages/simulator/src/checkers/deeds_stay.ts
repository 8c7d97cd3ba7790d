import type { StreamInfo } from '@packetboat/core';
import { type Checker, type Ending, type Listeners, Violation } from '../observation.ts';

/**
 * I1: what was answered stays done (F4): a fork that was made is there until somebody asks for its deletion, one that was
 * deleted does not come back, and a stream that was trimmed never begins earlier than its trim has told; whenever a store
 * is opened, and in the end.
 *
 * Does not verify deeds whose answer was lost: they may have taken effect or not.
 */
export class DeedsStay implements Checker {
  readonly invariant = 'I1';
  readonly #made = new Set<string>();
  readonly #deleted = new Set<string>();
  /** Stream → where it began behind a trim. */
  readonly #trimmed = new Map<string, number>();

  readonly listeners: Listeners = {
    forkMade: ({ stream }) => this.#made.add(stream),
    deleting: ({ stream }) => this.#made.delete(stream),
    deleted: ({ stream }) => this.#deleted.add(stream),
    trimmed: ({ stream, first }) => this.#trimmed.set(stream, Math.max(first, this.#trimmed.get(stream) ?? 0)),
    storeOpened: ({ streams }) => this.#check(streams),
  };

  conclude({ streams }: Ending): void {
    this.#check([...streams.values()].map(({ info }) => info));
  }

  #check(streams: readonly StreamInfo[]): void {
    const infos = new Map(streams.map((info) => [info.stream, info]));
    for (const stream of this.#made) {
      if (!infos.has(stream)) throw new Violation('I1', `${stream} was made and is not there`);
    }
    for (const stream of this.#deleted) {
      if (infos.has(stream)) throw new Violation('I1', `${stream} was deleted and is there`);
    }
    for (const [stream, first] of this.#trimmed) {
      const begins = infos.get(stream)?.first ?? 0;
      if (begins < first) throw new Violation('I1', `${stream} was trimmed to ${first} and begins at ${begins}`);
    }
  }
}
