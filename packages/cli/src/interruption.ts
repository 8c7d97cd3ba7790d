/** Signals: the first one asks for a graceful stop, a second one ends the command at once. */
import { constants } from 'node:os';
import { PacketboatError, type World } from '@packetboat/core';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * One Ctrl-C may arrive more than once: the terminal sends it to every process in the foreground, and npm and the
 * launcher pass it on too. What follows within this time is the same one.
 */
const echoMs = 300;
const dayMs = 86_400_000;

/** The part of `process` that is used. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  exit(code: number): void;
}

export class Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  readonly #source: SignalSource;
  readonly #world: World;
  readonly #stopping = new AbortController();
  #exitCode: number | undefined;
  #firstMs = 0;

  constructor(source: SignalSource, world: World) {
    this.#source = source;
    this.#world = world;
    this.signal = this.#stopping.signal;
    for (const signal of signals) source.on(signal, this.#heard);
  }

  /** 128 + the signal's number, once there was one. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Settles at the first signal. Until then a timer keeps the process alive: listening to signals alone does not. */
  async stopped(): Promise<void> {
    while (!this.signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = this.#world.timers.after(dayMs, resolve);
      this.signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      timer.cancel();
    }
  }

  /** Settles as `work` does, or rejects with `aborted` at the first signal, which the work does not hear. */
  async orInterrupted<Result>(work: Promise<Result>): Promise<Result> {
    const interrupted = this.stopped().then(() => Promise.reject(new PacketboatError('aborted', 'Interrupted')));
    return Promise.race([work, interrupted]);
  }

  /** From now on a signal does what the system does with it: it ends the process at once. */
  letGo(): void {
    for (const signal of signals) this.#source.off(signal, this.#heard);
  }

  readonly #heard = (name: NodeJS.Signals): void => {
    const code = 128 + constants.signals[name];
    if (this.#exitCode === undefined) {
      this.#exitCode = code;
      this.#firstMs = this.#world.clock.monotonicMs();
      this.#stopping.abort();
    } else if (this.#world.clock.monotonicMs() - this.#firstMs > echoMs) {
      this.#source.exit(code);
    }
  };
}
