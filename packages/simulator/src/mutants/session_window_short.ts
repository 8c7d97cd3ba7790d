import type { Mutant } from './mutant.ts';
import { windowChanged } from './window_changed.ts';

/** A session is kept shorter than its client was told. */
export const sessionWindowShort: Mutant = {
  name: 'session_window_short',
  invariant: 'I7',
  seams: () => windowChanged(0.1),
};
