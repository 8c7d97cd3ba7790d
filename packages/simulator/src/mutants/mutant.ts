import type { Seams } from '../seams.ts';

/** A deliberate bug between the real parts: a simulator that does not catch it proves nothing. */
export interface Mutant {
  /** As the file is called. */
  readonly name: string;
  /** The invariant that it breaks, and by which it must be caught. */
  readonly invariant: string;
  /** Made anew for each run: what a mutant remembers must not outlive it. */
  readonly seams: () => Seams;
}
