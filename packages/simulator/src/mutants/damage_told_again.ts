import { type AppendOutcome, type AppendRequest, PacketboatError } from '@packetboat/core';
import { ForwardingLog } from '../store/forwarding_log.ts';
import { ForwardingStore } from '../store/forwarding_store.ts';
import type { Mutant } from './mutant.ts';

/** Whoever writes next after an append met damage is told of it too: nobody has taken back the flag that says so. */
export const damageToldAgain: Mutant = {
  name: 'damage_told_again',
  invariant: 'I9',
  seams: () => ({ store: (store) => new ForwardingStore(store, { log: new FlaggedLog(store.log) }) }),
};

class FlaggedLog extends ForwardingLog {
  #damage: PacketboatError | undefined;

  override async append(request: AppendRequest): Promise<AppendOutcome> {
    const damage = this.#damage;
    this.#damage = undefined;
    if (damage !== undefined) throw damage;
    try {
      return await this.inner.append(request);
    } catch (error) {
      if (error instanceof PacketboatError && error.code === 'damaged') this.#damage = error;
      throw error;
    }
  }
}
