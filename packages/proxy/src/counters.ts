import type { OneDirection } from './fault_kind.ts';
import { type EndCause, endCauses, type ProxyCounters } from './proxy.ts';

/** What a proxy counts since its start. */
export class Counters {
  connections = 0;
  refused = 0;
  readonly passedBytes = { up: 0, down: 0 };
  readonly swallowedBytes = { up: 0, down: 0 };
  readonly #ends = new Map<EndCause, number>(endCauses.map((cause) => [cause, 0]));
  readonly #faults = new Map<string, number>();

  ended(cause: EndCause): void {
    this.#ends.set(cause, (this.#ends.get(cause) ?? 0) + 1);
  }

  /** Counts a fault that begins; returns the how many-th of its kind it is. */
  faultBegan(kind: string): number {
    const count = (this.#faults.get(kind) ?? 0) + 1;
    this.#faults.set(kind, count);
    return count;
  }

  snapshot(open: number, heldBytes: Readonly<Record<OneDirection, number>>): ProxyCounters {
    return {
      connections: this.connections,
      refused: this.refused,
      open,
      ends: Object.fromEntries(this.#ends) as Record<EndCause, number>,
      passedBytes: { ...this.passedBytes },
      swallowedBytes: { ...this.swallowedBytes },
      heldBytes,
      faults: Object.fromEntries(this.#faults),
    };
  }
}
