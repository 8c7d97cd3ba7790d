import { PacketboatError } from '@packetboat/core';

/** Runs jobs one by one, in the order they came. */
export class SerialQueue {
  readonly #requestsMax: number;
  #last: Promise<unknown> = Promise.resolve();
  #length = 0;

  /** @param requestsMax Jobs that wait or run when no further request is taken. */
  constructor(requestsMax: number) {
    this.#requestsMax = requestsMax;
  }

  /** Runs a job that somebody asks for. Rejects with `busy` when too many wait, else settles as `job` does. */
  async request<T>(job: () => Promise<T>): Promise<T> {
    if (this.#length < this.#requestsMax) return this.run(job);
    const message = `${this.#length} requests about subscriptions wait (subscriptionRequestsMax)`;
    throw new PacketboatError('busy', message, { retryAfterMs: 1_000 });
  }

  /** Runs a job of our own. Settles as `job` does. */
  run<T>(job: () => Promise<T>): Promise<T> {
    this.#length += 1;
    const done = this.#last.then(job).finally(() => (this.#length -= 1));
    this.#last = done.catch(() => undefined);
    return done;
  }
}
