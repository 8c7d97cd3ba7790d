/** Signals: the first one asks for a graceful stop, a second one ends the command at once. */
import { constants } from 'node:os';
import type { Clock } from '@packetboat/core';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * One Ctrl-C may arrive more than once: the terminal sends it to every process in the foreground, and npm and the
 * launcher pass it on too. What follows within this time is the same one.
 */
const echoMs = 300;

/** The part of `process` that is used. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  exit(code: number): void;
}

export class Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  readonly #stopping = new AbortController();
  #exitCode: number | undefined;
  #firstMs = 0;

  constructor(source: SignalSource, clock: Clock) {
    this.signal = this.#stopping.signal;
    for (const signal of signals) {
      source.on(signal, (name) => {
        const code = 128 + constants.signals[name];
        if (this.#exitCode === undefined) {
          this.#exitCode = code;
          this.#firstMs = clock.monotonicMs();
          this.#stopping.abort();
        } else if (clock.monotonicMs() - this.#firstMs > echoMs) {
          source.exit(code);
        }
      });
    }
  }

  /** 128 + the signal's number, once there was one. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Settles at the first signal. */
  stopped(): Promise<void> {
    if (this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.signal.addEventListener('abort', () => resolve(), { once: true }));
  }
}
