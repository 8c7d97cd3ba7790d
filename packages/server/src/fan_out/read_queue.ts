/** One read of the store that somebody waits for. */
export type ReadJob = () => Promise<void>;

/**
 * Lets readers that catch up take turns: at most `inFlightMax` reads are with the store, the others stand in line.
 * Every connection has at most one job here, so nobody can push others back. Jobs of `add` do not reject.
 */
export class ReadQueue {
  readonly #inFlightMax: number;
  readonly #waiting = new Set<ReadJob>();
  #inFlight = 0;

  constructor(inFlightMax: number) {
    this.#inFlightMax = inFlightMax;
  }

  /** Jobs that stand in line or are with the store. */
  get length(): number {
    return this.#waiting.size + this.#inFlight;
  }

  /** Runs `job` when it is its turn. */
  add(job: ReadJob): void {
    this.#waiting.add(job);
    this.#next();
  }

  /** Runs a read when it is its turn, and hands on what comes of it. */
  run<Outcome>(read: () => Promise<Outcome>): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    this.add(() => read().then(resolve, reject));
    return promise;
  }

  /** Takes back a job that does not run yet. */
  cancel(job: ReadJob): void {
    this.#waiting.delete(job);
  }

  #next(): void {
    for (const job of this.#waiting) {
      if (this.#inFlight >= this.#inFlightMax) return;
      this.#waiting.delete(job);
      this.#inFlight += 1;
      void job().finally(() => {
        this.#inFlight -= 1;
        this.#next();
      });
    }
  }
}
