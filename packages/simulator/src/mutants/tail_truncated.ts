import { LyingDisk } from './lying_disk.ts';
import type { Mutant } from './mutant.ts';

/** Whoever opens the store drops its last commit without a word, as a careless recovery from a torn tail does (F5). */
export const tailTruncated: Mutant = {
  name: 'tail_truncated',
  invariant: 'I1',
  seams: () => ({ disk: () => new TruncatedDisk() }),
};

class TruncatedDisk extends LyingDisk {
  override reopened(): void {
    this.lose(1);
  }
}
