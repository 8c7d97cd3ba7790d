import { type StreamRow, stemsFrom } from './stream_row.ts';

/**
 * Which forks stem from a stream, by its number. It may name some that do not any more: whoever asks compares the names
 * with the rows, so that a commit which fails leaves nothing wrong behind.
 */
export class ForkIndex {
  readonly #names = new Map<number, Set<string>>();

  /** Notes a fork under every stream it stems from. */
  add({ stream, fork }: StreamRow): void {
    for (const { number } of fork?.ancestors ?? []) {
      const names = this.#names.get(number);
      if (names === undefined) this.#names.set(number, new Set([stream]));
      else names.add(stream);
    }
  }

  /** Names of streams that may stem from `number`. */
  names(number: number): Iterable<string> {
    return this.#names.get(number) ?? [];
  }

  /** Forgets what `row` stems from, as far as `current`, the row under its name, does not. */
  settle({ stream, fork }: StreamRow, current: StreamRow | undefined): void {
    for (const { number } of fork?.ancestors ?? []) {
      const names = this.#names.get(number);
      if (names === undefined || stemsFrom(current, number)) continue;
      names.delete(stream);
      if (names.size === 0) this.#names.delete(number);
    }
  }
}
