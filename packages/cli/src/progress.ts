/** A progress bar on stderr, on a terminal; elsewhere nothing. */
import type { Clock } from '@packetboat/core';
import { describeDuration } from './describe.ts';
import type { Terminal } from './terminal.ts';

const redrawMs = 100;
const barLength = 24;

export class Progress {
  readonly #what: string;
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #startMs: number;
  #drawnMs = -Infinity;

  /** @param what What is going on: `verifying sensors/paul`. */
  constructor(what: string, terminal: Terminal, clock: Clock) {
    this.#what = what;
    this.#terminal = terminal;
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
  }

  /** @param detail What was done so far, in words. */
  report(done: number, total: number, detail = ''): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#drawnMs < redrawMs) return;
    this.#drawnMs = nowMs;
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const filled = Math.round(share * barLength);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(barLength - filled)}`;
    const leftMs = share > 0 ? ((nowMs - this.#startMs) / share) * (1 - share) : undefined;
    const left = leftMs === undefined ? '' : `, ${describeDuration(leftMs)} left`;
    this.#terminal.live(`${this.#what} ${bar} ${Math.floor(share * 100)} % ${detail}${left}`);
  }

  /** Removes the bar. */
  end(): void {
    this.#terminal.live(undefined);
  }
}
