import { type Checker, type Listeners, type Observation, Violation } from '../observation.ts';

/** What is known of one cursor. */
interface Known {
  /** The last move that was confirmed. */
  confirmed: number;
  /** The furthest move that was asked for: it may be stored although nobody was told. */
  asked: number;
  /** The furthest record that was delivered to its reader. */
  delivered: number;
}

/**
 * I5: a cursor never goes back and never passes what was delivered; a reader that comes back by its cursor begins at
 * what is durable: not before the last confirmed move, not after the last one that was asked for.
 *
 * Does not verify a cursor that two readers move at a time, nor where a reader begins that gets nothing.
 */
export class CursorIsDurable implements Checker {
  readonly invariant = 'I5';
  readonly #cursors = new Map<string, Known>();
  /** Stream, reader and run → its cursor, until the first record of the run came. */
  readonly #began = new Map<string, string>();
  /** Stream and reader → cursor. */
  readonly #cursorOf = new Map<string, string>();

  readonly listeners: Listeners = {
    readingBegan: ({ stream, reader, run, cursor }) => {
      if (cursor === undefined) return;
      this.#began.set(`${stream} ${reader} ${run}`, cursor);
      this.#cursorOf.set(`${stream} ${reader}`, cursor);
    },
    delivered: (delivered) => this.#delivered(delivered),
    committing: ({ stream, cursor, offset }) => {
      const known = this.#known(stream, cursor);
      known.asked = Math.max(known.asked, offset);
    },
    committed: (committed) => this.#committed(committed),
  };

  #delivered({ stream, reader, run, record }: Observation['delivered']): void {
    const cursor = this.#cursorOf.get(`${stream} ${reader}`);
    if (cursor === undefined) return;
    const known = this.#known(stream, cursor);
    if (this.#began.delete(`${stream} ${reader} ${run}`)) {
      const { confirmed, asked } = known;
      const from = record.bytes.length === 0 ? (record.gap?.from ?? record.offset) : record.offset;
      if (from < confirmed || from > Math.max(confirmed, asked)) {
        const range = `${confirmed} … ${asked}`;
        throw new Violation('I5', `${reader} began at ${from} of ${stream}, its cursor stands in ${range}`);
      }
    }
    known.delivered = Math.max(known.delivered, record.offset + 1);
  }

  #committed({ stream, cursor, offset }: Observation['committed']): void {
    const known = this.#known(stream, cursor);
    if (offset < known.confirmed) {
      throw new Violation('I5', `${cursor} of ${stream} went back from ${known.confirmed} to ${offset}`);
    }
    if (offset > known.delivered) {
      throw new Violation('I5', `${cursor} of ${stream} is at ${offset}, delivered were ${known.delivered}`);
    }
    known.confirmed = offset;
  }

  #known(stream: string, cursor: string): Known {
    const id = `${stream} ${cursor}`;
    const known = this.#cursors.get(id) ?? { confirmed: 0, asked: 0, delivered: 0 };
    this.#cursors.set(id, known);
    return known;
  }
}
