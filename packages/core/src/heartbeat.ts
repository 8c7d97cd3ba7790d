import type { Clock, Timer, Timers } from './ports.ts';

/** What {@linkcode Heartbeat} needs. */
export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Idle time after which this side speaks. */
  readonly heartbeatMs: number;
  /** Silent intervals after which the peer is given up. */
  readonly missedMax: number;
  /** Sends a heartbeat. */
  readonly beat: () => void;
  /** The peer was silent for `missedMax` intervals. */
  readonly lost: () => void;
}

/**
 * Finds half-open links: speaks when this side was idle for an interval, and gives the peer up after
 * `missedMax` silent ones. Any byte from the peer is proof of life. One timer, however busy the link.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #heardMs: number;
  #spokeMs: number;
  #timer: Timer | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#heardMs = this.#spokeMs = options.clock.monotonicMs();
    this.#schedule();
  }

  /** The peer showed life. */
  heard(): void {
    this.#heardMs = this.#options.clock.monotonicMs();
  }

  /** This side sent something. */
  spoke(): void {
    this.#spokeMs = this.#options.clock.monotonicMs();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    const { clock, timers, heartbeatMs, missedMax } = this.#options;
    const speakAt = this.#spokeMs + heartbeatMs;
    const giveUpAt = this.#heardMs + heartbeatMs * missedMax;
    const delayMs = Math.max(1, Math.min(speakAt, giveUpAt) - clock.monotonicMs());
    this.#timer = timers.after(delayMs, () => this.#wake());
  }

  #wake(): void {
    const { clock, heartbeatMs, missedMax, beat, lost } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#heardMs >= heartbeatMs * missedMax) {
      this.stop();
      lost();
      return;
    }
    if (nowMs - this.#spokeMs >= heartbeatMs) {
      this.#spokeMs = nowMs;
      beat();
    }
    if (this.#timer !== undefined) this.#schedule();
  }
}
