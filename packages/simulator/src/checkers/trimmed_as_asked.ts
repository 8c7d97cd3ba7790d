import { type Checker, type Ending, type Listeners, Violation } from '../observation.ts';

/**
 * I1: a trim takes no record that it was not asked to take: a stream begins where somebody asked for, or before.
 *
 * Does not verify streams with retention, which may begin anywhere, nor their forks.
 */
export class TrimmedAsAsked implements Checker {
  readonly invariant = 'I1';
  /** Stream → the furthest record that was to be the first. */
  readonly #asked = new Map<string, number>();

  readonly listeners: Listeners = {
    trimming: ({ stream, before }) => this.#asked.set(stream, Math.max(before, this.#asked.get(stream) ?? 0)),
  };

  conclude({ streams }: Ending): void {
    for (const [stream, { info }] of streams) {
      // A fork begins where its source did.
      const source = streams.get(info.fork?.stream ?? stream)?.info ?? info;
      const asked = this.#asked.get(source.stream) ?? 0;
      if (info.first <= asked || source.retention.bytesMax !== undefined) continue;
      throw new Violation('I1', `${stream} begins at ${info.first}, nobody asked for more than ${asked}`);
    }
  }
}
