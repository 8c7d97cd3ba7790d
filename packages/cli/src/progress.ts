/** A progress bar on stderr, on a terminal; elsewhere nothing. */
import type { Clock } from '@packetboat/core';
import { describeDuration } from './describe.ts';
import type { Terminal } from './terminal.ts';

const redrawMs = 100;
const barLengthMax = 24;
/** A shorter bar says nothing. */
const barLengthMin = 4;

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

  /**
   * @param detail What was done so far, in words.
   * @param leftMs How long the rest takes. @default as long as the pace so far lets expect
   */
  report(done: number, total: number, detail = '', leftMs?: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#drawnMs < redrawMs) return;
    this.#drawnMs = nowMs;
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const rest = leftMs ?? (share > 0 ? ((nowMs - this.#startMs) / share) * (1 - share) : undefined);
    const left = rest === undefined ? '' : `, ${describeDuration(rest)} left`;
    this.#terminal.live(this.#line(share, `${Math.floor(share * 100)} % ${detail}${left}`));
  }

  /** Removes the bar. */
  end(): void {
    this.#terminal.live(undefined);
  }

  /** What is said is seen first, then what is going on; the bar has the room that is left. */
  #line(share: number, said: string): string {
    const withName = `${this.#what} ${said}`;
    const room = this.#terminal.liveLength - withName.length;
    if (room < 0) return said;
    const length = Math.min(barLengthMax, room - 1);
    if (length < barLengthMin) return withName;
    const filled = Math.round(share * length);
    return `${this.#what} ${'█'.repeat(filled)}${'░'.repeat(length - filled)} ${said}`;
  }
}
