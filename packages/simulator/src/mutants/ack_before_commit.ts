import type { AppendOutcome, AppendRequest, Proof } from '@packetboat/core';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';

/** Appends are acknowledged before they are stored. */
export const ackBeforeCommit: Mutant = {
  name: 'ack_before_commit',
  invariant: 'I1',
  seams: () => ({ store: (store) => new ForwardingStore(store, { log: new HastyLog(store.log) }) }),
};

class HastyLog extends ForwardingLog {
  /** The newest proof of each stream: authentic, and no lie by itself. */
  readonly #proofs = new Map<string, Proof>();

  override async append(request: AppendRequest): Promise<AppendOutcome> {
    const proof = this.#proofs.get(request.stream);
    const stored = this.inner.append(request).then((outcome) => {
      if (outcome.kind !== 'refused') this.#proofs.set(request.stream, outcome.proof);
      return outcome;
    });
    const info = await this.inner.info(request.stream);
    if (proof === undefined || typeof info === 'string') return await stored;
    stored.catch(() => undefined);
    const { incarnation, lineage, tail: offset } = info;
    return { kind: 'appended', incarnation, lineage, offset, proof };
  }
}
