/** Tells a person how a sequence goes on, and what happens while its link is down. */
import type { StatusEvent } from '@packetboat/client';
import type { Timer, World } from '@packetboat/core';
import { describeCount, describeDuration } from './describe.ts';
import { Progress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** A long outage is told again after this time, not at each attempt. */
const againMs = 30_000;
const redrawMs = 200;
/** A number is missed after so many ticks, and not before so long. */
const missedTicks = 3;
const missedMsMin = 2_000;

/** What is missing at the moment. */
interface Outage {
  readonly sinceMs: number;
  toldMs: number;
  attempt: number;
  /** When the next attempt is made. */
  dueMs: number;
}

export class SequenceTeller {
  readonly #url: string;
  readonly #world: World;
  readonly #terminal: Terminal;
  readonly #tickMs: number;
  readonly #progress: Progress;
  #count = 0;
  #n: number | undefined;
  #wasConnected = false;
  #outage: Outage | undefined;
  #timer: Timer | undefined;

  /** @param tickMs Time from one number to the next. */
  constructor(url: string, world: World, terminal: Terminal, tickMs: number) {
    this.#url = url;
    this.#world = world;
    this.#terminal = terminal;
    this.#tickMs = tickMs;
    this.#progress = new Progress('sequence', terminal, world.clock);
  }

  /** To be given to `connect` as `onStatus`. */
  readonly heard = ({ status, attempt = 0, retryInMs = 0, reason }: StatusEvent): void => {
    const nowMs = this.#world.clock.monotonicMs();
    if (status === 'connected') this.#connected(nowMs);
    if (status === 'closed') this.end();
    if (status === 'connecting') this.#countDown();
    if (status !== 'waiting') return;
    const dueMs = nowMs + retryInMs;
    const outage = (this.#outage ??= { sinceMs: nowMs, toldMs: -Infinity, attempt, dueMs });
    Object.assign(outage, { attempt, dueMs });
    if (nowMs - outage.toldMs >= againMs) {
      outage.toldMs = nowMs;
      const what = this.#wasConnected ? `the link to ${this.#url} is down` : `cannot reach ${this.#url}`;
      const why = reason === undefined ? '' : `: ${reason.message}`;
      // On a terminal the last line says it, and says it again and again.
      const next = this.#isLive ? '' : `; ${waiting(retryInMs)}`;
      this.#terminal.warn(`${what}${why}${next}`);
    }
    this.#countDown();
  };

  /** Numbers up to here came from an earlier life. */
  resumed(count: number): void {
    this.#count = count;
    if (count === 0) return;
    this.#terminal.say(`resumed at number ${count + 1}: ${describeCount(count, 'number')} from before`);
  }

  /** One more number is here. */
  received(count: number, n: number | undefined): void {
    this.#count = count;
    this.#n = n;
    if (n !== undefined) this.#progress.report(count, n, `${count} of ${n}`, (n - count) * this.#tickMs);
    this.#expect();
  }

  /** Nothing more will be told. */
  end(): void {
    this.#timer?.cancel();
    this.#progress.end();
  }

  #connected(nowMs: number): void {
    this.#timer?.cancel();
    if (this.#outage !== undefined) {
      const after = describeDuration(nowMs - this.#outage.sinceMs);
      const again = this.#wasConnected
        ? `again after ${after}; resumed at number ${this.#count + 1}`
        : `after ${after}`;
      this.#terminal.say(this.#terminal.styleErr('green', `connected to ${this.#url} ${again}`));
    }
    this.#outage = undefined;
    this.#wasConnected = true;
    this.#expect();
  }

  /** A link of which nothing is heard is known to be down only after three heartbeats: until then, too, a person wonders. */
  #expect(): void {
    this.#timer?.cancel();
    if (!this.#isLive) return;
    const { clock, timers } = this.#world;
    const sinceMs = clock.monotonicMs();
    const tell = () => {
      this.#terminal.live(
        `no number for ${inSeconds(clock.monotonicMs() - sinceMs)}, the link may be down; ${this.#have}`,
      );
      this.#timer = timers.after(redrawMs, tell);
    };
    this.#timer = timers.after(Math.max(missedMsMin, missedTicks * this.#tickMs), tell);
  }

  get #have(): string {
    return `${this.#count} of ${this.#n ?? '?'} numbers are here`;
  }

  get #isLive(): boolean {
    return this.#terminal.stderr.isTTY === true && !this.#terminal.quiet;
  }

  /** Draws what is waited for, and draws it again until it is over. What matters most comes first: the end may not be seen. */
  #countDown(): void {
    this.#timer?.cancel();
    const outage = this.#outage;
    if (outage === undefined || !this.#isLive) return;
    const nowMs = this.#world.clock.monotonicMs();
    const leftMs = outage.dueMs - nowMs;
    const next = leftMs > 0 ? waiting(leftMs) : 'connecting';
    const down = `down for ${inSeconds(nowMs - outage.sinceMs)}, attempt ${outage.attempt + 1}`;
    this.#terminal.live(`${next}; ${down}; ${this.#have}`);
    this.#timer = this.#world.timers.after(redrawMs, () => this.#countDown());
  }
}

/** Nobody waits for 0.0 s. */
function waiting(retryInMs: number): string {
  return `waiting, retrying in ${(Math.max(retryInMs, 100) / 1_000).toFixed(1)} s`;
}

/** A time that goes on: in whole seconds. */
function inSeconds(durationMs: number): string {
  return durationMs < 1_000 ? '0 s' : describeDuration(Math.floor(durationMs / 1_000) * 1_000);
}
