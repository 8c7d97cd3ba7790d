import { PacketboatError } from '@packetboat/core';

/** Reads that the reader's thread has at once, and that may wait for it. */
const inFlightMax = 8;
const waitingMax = 65_536;

/** Lets a bounded number of reads go to the reader's thread at once, first come, first served (P7). */
export class ReadQueue {
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;

  /** Runs `read` when there is room. Rejects with `busy` when too many wait. */
  async run<Result>(read: () => Promise<Result>): Promise<Result> {
    if (this.#inFlight >= inFlightMax) await this.#turn();
    else this.#inFlight += 1;
    try {
      return await read();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inFlight -= 1;
      else next();
    }
  }

  /** Waits for the place of a read that has ended. */
  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length < waitingMax) this.#waiting.push(resolve);
      else reject(new PacketboatError('busy', `${waitingMax} reads wait`, { retryAfterMs: 1_000 }));
    });
  }
}
