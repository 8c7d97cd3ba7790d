import type { AppendOutcome, AppendRequest } from '@packetboat/core';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';
import { unnumbered } from './reseal.ts';

/** Only the newest batch of a producer is known: older ones that come again are stored again (F7). */
export const dedupeWindowShort: Mutant = {
  name: 'dedupe_window_short',
  invariant: 'I2',
  seams: () => ({ store: (store) => new ForwardingStore(store, { log: new ShortLog(store.log) }) }),
};

class ShortLog extends ForwardingLog {
  override async append(request: AppendRequest): Promise<AppendOutcome> {
    const { stream, batch } = request;
    const known = await this.inner.producer(stream, batch.producer?.id ?? '');
    const outcome = await this.inner.append(request);
    const isOld = known !== undefined && batch.producer !== undefined && batch.producer.sequence < known.sequence;
    if (outcome.kind !== 'duplicate' || !isOld) return outcome;
    return await this.inner.append({ ...request, batch: unnumbered(batch) });
  }
}
