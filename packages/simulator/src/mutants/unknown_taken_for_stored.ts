import { type CommitFault, MemoryDisk, type WrittenRows } from '@packetboat/engine-sqlite/testing';
import type { Mutant } from './mutant.ts';

/** A failed sync is taken for a success: the pages are marked clean, and are nowhere (F3). */
export const unknownTakenForStored: Mutant = {
  name: 'unknown_taken_for_stored',
  invariant: 'I1',
  seams: () => ({ disk: () => new CarelessDisk() }),
};

class CarelessDisk extends MemoryDisk {
  #lost = false;

  override nextFault(): CommitFault | undefined {
    const fault = super.nextFault();
    this.#lost = fault === 'unknownLost';
    return this.#lost ? undefined : fault;
  }

  override store(written: WrittenRows): void {
    if (!this.#lost) super.store(written);
  }
}
