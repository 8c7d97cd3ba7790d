import type { AppendOutcome, AppendRequest } from '@packetboat/core';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';
import { unnumbered } from './reseal.ts';

/** A retry is stored once more. */
export const noDedupe: Mutant = {
  name: 'no_dedupe',
  invariant: 'I2',
  seams: () => ({ store: (store) => new ForwardingStore(store, { log: new ForgetfulLog(store.log) }) }),
};

class ForgetfulLog extends ForwardingLog {
  override async append(request: AppendRequest): Promise<AppendOutcome> {
    const outcome = await this.inner.append(request);
    if (outcome.kind !== 'duplicate') return outcome;
    return await this.inner.append({ ...request, batch: unnumbered(request.batch) });
  }
}
