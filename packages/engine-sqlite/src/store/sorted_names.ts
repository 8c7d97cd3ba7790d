import { compareNames } from '@packetboat/core';

/** Names in the order of their code points, to be listed in pages. */
export class SortedNames {
  /** Sorted, without repetition. */
  readonly #names: string[] = [];

  get size(): number {
    return this.#names.length;
  }

  /** Adds a name; one that comes after all others costs nothing. */
  add(name: string): void {
    const last = this.#names.at(-1);
    if (last === undefined || compareNames(last, name) < 0) {
      this.#names.push(name);
      return;
    }
    const at = this.#lowerBound(name);
    if (this.#names[at] !== name) this.#names.splice(at, 0, name);
  }

  delete(name: string): void {
    const at = this.#lowerBound(name);
    if (this.#names[at] === name) this.#names.splice(at, 1);
  }

  /** Names that begin with `prefix`, after `after`, at most `limit`. */
  list(prefix: string, after: string | undefined, limit: number): string[] {
    const from = after === undefined || compareNames(after, prefix) < 0 ? prefix : after;
    const listed: string[] = [];
    for (let at = this.#lowerBound(from); listed.length < limit; at++) {
      const name = this.#names[at];
      if (name === undefined || !name.startsWith(prefix)) break;
      if (name !== after) listed.push(name);
    }
    return listed;
  }

  /** The place of the first name that does not come before `name`. */
  #lowerBound(name: string): number {
    let [low, high] = [0, this.#names.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareNames(this.#names[middle] ?? '', name) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
