import type { CommitFault, WrittenRows } from '@packetboat/engine-sqlite/testing';
import { LyingDisk } from './lying_disk.ts';
import type { Mutant } from './mutant.ts';

/**
 * A failed sync is taken for a success (F3): the pages are marked clean and are read as if they were stored, but from
 * the hole in the log on, the next life finds nothing.
 */
export const unknownTakenForStored: Mutant = {
  name: 'unknown_taken_for_stored',
  invariant: 'I1',
  seams: () => ({ disk: () => new CarelessDisk() }),
};

class CarelessDisk extends LyingDisk {
  #holed = false;
  /** Commits since the one that was lost, it included. */
  #lost = 0;

  override nextFault(): CommitFault | undefined {
    const fault = super.nextFault();
    if (fault !== 'unknownLost') return fault;
    this.#holed = true;
    return undefined;
  }

  override store(written: WrittenRows): void {
    super.store(written);
    if (this.#holed) this.#lost += 1;
  }

  override reopened(): void {
    this.lose(this.#lost);
    this.#holed = false;
    this.#lost = 0;
  }
}
