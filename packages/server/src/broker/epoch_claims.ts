/** A hold on an epoch, until released. */
export interface EpochClaim {
  readonly epoch: number;
  /** Lets go of it; harmless when done before. */
  release(): void;
}

/**
 * Epochs that were given out and may not be stored yet. Without it two lives of a producer that both
 * ask for the next epoch before either has stored a batch would get the same one, and neither would fence the other.
 */
export class EpochClaims {
  readonly #claims = new Map<string, Set<EpochClaim>>();

  /** Claims `epoch`, or the one after every epoch known: `stored` (the stream's) and those claimed. */
  claim(stream: string, producer: string, stored: number | undefined, epoch?: number): EpochClaim {
    const key = `${stream}\n${producer}`;
    const claims = this.#claims.get(key) ?? new Set<EpochClaim>();
    let next = stored === undefined ? 0 : stored + 1;
    for (const other of claims) next = Math.max(next, other.epoch + 1);
    const claim = {
      epoch: epoch ?? next,
      release: () => {
        claims.delete(claim);
        if (claims.size === 0 && this.#claims.get(key) === claims) this.#claims.delete(key);
      },
    };
    claims.add(claim);
    this.#claims.set(key, claims);
    return claim;
  }

  /** Producers with a claim. */
  get size(): number {
    return this.#claims.size;
  }
}
