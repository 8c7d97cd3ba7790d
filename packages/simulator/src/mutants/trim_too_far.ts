import type { Absence, StreamInfo } from '@packetboat/core';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';

/** A trim takes more than was asked for. */
export const trimTooFar: Mutant = {
  name: 'trim_too_far',
  invariant: 'I1',
  seams: () => ({ store: (store) => new ForwardingStore(store, { log: new GreedyLog(store.log) }) }),
};

const tooMany = 3;

class GreedyLog extends ForwardingLog {
  override async trim(stream: string, before: number): Promise<StreamInfo | Absence> {
    const info = await this.inner.info(stream);
    return typeof info === 'string' ? info : this.inner.trim(stream, Math.min(info.tail, before + tooMany));
  }
}
