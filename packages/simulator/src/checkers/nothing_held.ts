import { type Checker, type Ending, Violation } from '../observation.ts';

/**
 * I10: what a run has filled returns to its base: when every client has left, a server has no connection, no append on
 * its way, no claim, no session, no subscription, no sequence and no timer beyond its own, and the store keeps nothing of
 * sessions and sequences.
 *
 * Does not verify memory in bytes, nor what the operating system holds: the scenarios and `npm run bench` do.
 */
export class NothingHeld implements Checker {
  readonly invariant = 'I10';
  readonly listeners = {};

  conclude({ held }: Ending): void {
    for (const [what, count] of Object.entries(held)) {
      if (count > 0) throw new Violation('I10', `${what}: ${count} when every client has left`);
    }
  }
}
