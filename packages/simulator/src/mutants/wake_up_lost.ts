import type { LogListener } from '@packetboat/core';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';

/** Readers are not told of every commit. */
export const wakeUpLost: Mutant = {
  name: 'wake_up_lost',
  invariant: 'I11',
  seams: () => ({ store: (store) => new ForwardingStore(store, { log: new QuietLog(store.log) }) }),
};

const toldOf = 5;

class QuietLog extends ForwardingLog {
  #segments = 0;

  override listen(listener: LogListener): void {
    this.inner.listen({
      segment: (segment) => {
        this.#segments += 1;
        if (this.#segments % toldOf !== 0) listener.segment(segment);
      },
      trimmed: (info) => listener.trimmed(info),
      deleted: (stream, incarnation) => listener.deleted(stream, incarnation),
    });
  }
}
