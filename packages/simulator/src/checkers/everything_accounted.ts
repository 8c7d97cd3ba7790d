import { type Checker, type Ending, type Listeners, Violation } from '../observation.ts';

/** What one loop of a reader got. */
interface Loop {
  readonly stream: string;
  readonly reader: string;
  readonly from: number;
  delivered: number;
  missing: number;
}

/**
 * P6, delivered + gaps = produced: of each reader's last loop, the records it got and those that gaps told make up all
 * from where it began to the tail.
 *
 * Does not verify loops that a crash ended: they got a part only.
 */
export class EverythingAccounted implements Checker {
  readonly invariant = 'P6';
  readonly #loops = new Map<string, Loop>();
  readonly #last = new Map<string, number>();

  readonly listeners: Listeners = {
    readingBegan: ({ reader, run }) => this.#last.set(reader, run),
    delivered: ({ stream, reader, run, record: { gap, offset, bytes } }) => {
      const told = gap !== undefined && bytes.length === 0;
      const key = `${reader} ${run}`;
      const loop = this.#loops.get(key) ?? { stream, reader, from: told ? gap.from : offset, delivered: 0, missing: 0 };
      this.#loops.set(key, loop);
      if (told) loop.missing += gap.count;
      else loop.delivered += 1;
    },
  };

  conclude({ streams }: Ending): void {
    for (const [reader, run] of this.#last) {
      const loop = this.#loops.get(`${reader} ${run}`);
      if (loop === undefined) continue;
      const { stream, from, delivered, missing } = loop;
      const produced = (streams.get(stream)?.info.tail ?? 0) - from;
      if (delivered + missing === produced) continue;
      throw new Violation('P6', `${reader}: ${delivered} delivered and ${missing} in gaps are not ${produced}`);
    }
  }
}
