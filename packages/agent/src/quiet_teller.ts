/** Tells a person what goes wrong, without a flood: the same sentence again only once a minute, with its count. */
import type { Clock } from '@packetboat/core';

const quietMs = 60_000;
/** Sentences remembered; numbers in them make more of them than anybody reads. */
const sentencesMax = 32;

export class QuietTeller {
  readonly #clock: Clock;
  readonly #tell: (message: string) => void;
  readonly #told = new Map<string, { atMs: number; held: number }>();

  constructor(clock: Clock, tell: (message: string) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  tell(message: string): void {
    const nowMs = this.#clock.monotonicMs();
    const earlier = this.#told.get(message);
    if (earlier !== undefined && nowMs - earlier.atMs < quietMs) {
      earlier.held++;
      return;
    }
    this.#told.delete(message);
    this.#told.set(message, { atMs: nowMs, held: 0 });
    const oldest = this.#told.keys().next();
    if (this.#told.size > sentencesMax && oldest.done !== true) this.#told.delete(oldest.value);
    const again = earlier === undefined || earlier.held === 0 ? '' : ` (and ${earlier.held} times since last told)`;
    this.#tell(`${message}${again}`);
  }
}
