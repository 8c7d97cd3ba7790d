import type { Limits, Log, Timer, Timers } from '@packetboat/core';

/** What a {@linkcode KeepAlive} works with. */
export interface KeepAliveOptions {
  readonly log: Pick<Log, 'touch'>;
  readonly timers: Timers;
  readonly limits: Pick<Limits, 'heartbeatMs'>;
}

/** Nobody makes this server touch a stream more often. A shorter TTL than twice as much may end under its readers. */
const touchedEveryMsMin = 100;

/** Streams with a sliding lifetime do not end while somebody reads them live (Durable Streams protocol, section 5.1). */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  /** By stream. */
  readonly #timers = new Map<string, Timer>();

  constructor(options: KeepAliveOptions) {
    this.#options = options;
  }

  /** Streams that are kept alive. */
  get size(): number {
    return this.#timers.size;
  }

  /** Somebody begins to read the stream. */
  keep(stream: string, ttlMs: number): void {
    if (this.#timers.has(stream)) return;
    const { log, timers, limits } = this.#options;
    const everyMs = Math.max(touchedEveryMsMin, Math.min(limits.heartbeatMs, ttlMs / 2));
    const touch = () => {
      log.touch(stream);
      this.#timers.set(stream, timers.after(everyMs, touch));
    };
    touch();
  }

  /** Nobody reads the stream any more. */
  drop(stream: string): void {
    this.#timers.get(stream)?.cancel();
    this.#timers.delete(stream);
  }
}
