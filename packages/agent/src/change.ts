/** Lets loops sleep until something changed: `while (!condition) await change.next()`. */
export class Change {
  #waiting = Promise.withResolvers<void>();

  /** Settles at the next {@linkcode notify}. */
  next(): Promise<void> {
    return this.#waiting.promise;
  }

  notify(): void {
    this.#waiting.resolve();
    this.#waiting = Promise.withResolvers();
  }
}
