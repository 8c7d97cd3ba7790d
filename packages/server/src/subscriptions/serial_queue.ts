/** Runs jobs one by one, in the order they came. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #length = 0;

  /** Jobs that wait or run. */
  get length(): number {
    return this.#length;
  }

  /** Settles as `job` does. */
  run<T>(job: () => Promise<T>): Promise<T> {
    this.#length += 1;
    const done = this.#last.then(job).finally(() => (this.#length -= 1));
    this.#last = done.catch(() => undefined);
    return done;
  }
}
