import type { AppendOutcome, AppendRequest } from '@packetboat/core';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';
import { unnumbered } from './reseal.ts';

/** The records survive a crash, and what was known of their producers does not (F2). */
export const dedupeNotDurable: Mutant = {
  name: 'dedupe_not_durable',
  invariant: 'I2',
  seams: () => ({ store: (store) => new ForwardingStore(store, { log: new NewbornLog(store.log) }) }),
};

class NewbornLog extends ForwardingLog {
  /** Where each stream ended when this life first wrote to it. */
  readonly #began = new Map<string, number>();

  override async append(request: AppendRequest): Promise<AppendOutcome> {
    if (!this.#began.has(request.stream)) {
      const info = await this.inner.info(request.stream);
      if (!this.#began.has(request.stream)) this.#began.set(request.stream, typeof info === 'string' ? 0 : info.tail);
    }
    const outcome = await this.inner.append(request);
    const known = outcome.kind !== 'duplicate' || (outcome.offset ?? 0) >= (this.#began.get(request.stream) ?? 0);
    return known ? outcome : await this.inner.append({ ...request, batch: unnumbered(request.batch) });
  }
}
