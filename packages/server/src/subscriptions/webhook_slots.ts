/**
 * Lets at most so many calls be under way. Receivers that were slow or failed last time share half of the places, so
 * that others do not wait for them.
 */
export class WebhookSlots {
  readonly #max: number;
  readonly #slowMax: number;
  readonly #waiting: { readonly slow: boolean; readonly start: () => void }[] = [];
  #inFlight = 0;
  #slowInFlight = 0;

  constructor(max: number) {
    this.#max = max;
    this.#slowMax = Math.max(1, Math.floor(max / 2));
  }

  /** Runs `call` when there is a place for it. */
  async run<T>(slow: boolean, call: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ slow, start });
      this.#next();
    });
    try {
      return await call();
    } finally {
      this.#inFlight -= 1;
      if (slow) this.#slowInFlight -= 1;
      this.#next();
    }
  }

  #next(): void {
    while (this.#inFlight < this.#max) {
      const index = this.#waiting.findIndex(({ slow }) => !slow || this.#slowInFlight < this.#slowMax);
      const [first] = index === -1 ? [] : this.#waiting.splice(index, 1);
      if (first === undefined) return;
      this.#inFlight += 1;
      if (first.slow) this.#slowInFlight += 1;
      first.start();
    }
  }
}
