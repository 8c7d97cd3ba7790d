import type { Mutant } from './mutant.ts';
import { windowChanged } from './window_changed.ts';

/** A session is kept longer than its client was told. */
export const sessionWindowLong: Mutant = {
  name: 'session_window_long',
  invariant: 'I7',
  seams: () => windowChanged(10),
};
