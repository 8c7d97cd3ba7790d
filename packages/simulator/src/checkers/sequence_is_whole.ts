import { type Checker, type Listeners, Violation } from '../observation.ts';

/**
 * C2.1: a sequence is the same whatever happens to the link: as many numbers as were asked for, and the checksum of what
 * arrived is the server's. It is there as long as its session, until its client has answered the checksum.
 *
 * Does not verify the numbers one by one: a wrong one, one too many and one too few all change the checksum.
 */
export class SequenceIsWhole implements Checker {
  readonly invariant = 'C2.1';
  /** Sessions that have a sequence. */
  readonly #begun = new Set<string>();

  readonly listeners: Listeners = {
    sequenceBegun: ({ session }) => this.#begun.add(session),
    sequenceAnswered: ({ session }) => this.#begun.delete(session),
    sessionForgotten: ({ session }) => this.#begun.delete(session),
    sequenceLost: ({ session }) => {
      if (this.#begun.has(session)) throw new Violation('C2.1', `${session} goes on, and its sequence is lost`);
    },
    sequenceCompared: ({ client, wanted, count, equal }) => {
      if (count !== wanted) throw new Violation('C2.1', `${client} got ${count} numbers of ${wanted}`);
      if (!equal) throw new Violation('C2.1', `${client} got other numbers than the server sent`);
    },
  };
}
