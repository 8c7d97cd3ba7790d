import type { PacketboatError } from '@packetboat/core';

/** Something many wait for, again and again. While it is shut, all who wait share one promise. */
export class Gate {
  #waiting: PromiseWithResolvers<void> | undefined;
  #error: PacketboatError | undefined;

  /** Settles when the gate is opened; rejects when it will never be. */
  wait(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** Lets through all who wait now. */
  open(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Rejects all who wait, and all who come. */
  fail(error: PacketboatError): void {
    this.#error ??= error;
    this.#waiting?.reject(this.#error);
    this.#waiting = undefined;
  }
}
