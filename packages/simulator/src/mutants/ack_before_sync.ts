import { LyingDisk } from './lying_disk.ts';
import type { Mutant } from './mutant.ts';

/** The last commits are not on the disk when they are acknowledged: a power cut takes them back (F1). */
export const ackBeforeSync: Mutant = {
  name: 'ack_before_sync',
  invariant: 'I1',
  seams: () => ({ disk: () => new UnsyncedDisk() }),
};

class UnsyncedDisk extends LyingDisk {
  override powerCut(): void {
    this.lose(3);
  }
}
