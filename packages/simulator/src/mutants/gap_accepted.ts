import type { AppendOutcome, AppendRequest } from '@packetboat/core';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';
import { unnumbered } from './reseal.ts';

/** A batch is stored where an earlier one of its producer is missing. */
export const gapAccepted: Mutant = {
  name: 'gap_accepted',
  invariant: 'I3',
  seams: () => ({ store: (store) => new ForwardingStore(store, { log: new LaxLog(store.log) }) }),
};

class LaxLog extends ForwardingLog {
  override async append(request: AppendRequest): Promise<AppendOutcome> {
    const outcome = await this.inner.append(request);
    if (outcome.kind !== 'refused' || outcome.code !== 'sequenceGap') return outcome;
    return await this.inner.append({ ...request, batch: unnumbered(request.batch) });
  }
}
