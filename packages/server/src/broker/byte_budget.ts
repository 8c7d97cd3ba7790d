import { PacketboatError } from '@packetboat/core';

/** Bytes that many may hold together, at most `bytesMax`: nobody waits for room, who finds none is refused (P7). */
export class ByteBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws {PacketboatError} `busy` when there is not so much room. */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#bytesMax) {
      const message = `Bodies of ${this.#bytes} bytes are on their way in, the limit is ${this.#bytesMax}`;
      throw new PacketboatError('busy', message, { retryAfterMs: 1_000 });
    }
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}
