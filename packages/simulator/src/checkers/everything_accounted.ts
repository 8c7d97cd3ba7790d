import { type Checker, type Ending, type Listeners, Violation } from '../observation.ts';

/** What the last loop of a reader got. */
interface Loop {
  readonly stream: string;
  readonly run: number;
  /** The first record it must have: `undefined` before a cursor has said so. */
  from: number | undefined;
  delivered: number;
  missing: number;
}

/**
 * P6, delivered + gaps = produced: of each reader's last loop, the records it got and those that gaps told make up all
 * from where it was to begin to the tail.
 *
 * Does not verify loops that a crash ended: they got a part only. Nor where a cursor lets a loop begin: that is I5.
 */
export class EverythingAccounted implements Checker {
  readonly invariant = 'P6';
  /** By reader. */
  readonly #last = new Map<string, Loop>();

  readonly listeners: Listeners = {
    readingBegan: ({ stream, reader, run, cursor }) => {
      const from = cursor === undefined ? 0 : undefined;
      this.#last.set(reader, { stream, run, from, delivered: 0, missing: 0 });
    },
    delivered: ({ reader, run, record: { gap, offset, bytes } }) => {
      const loop = this.#last.get(reader);
      if (loop?.run !== run) return;
      const told = gap !== undefined && bytes.length === 0;
      loop.from ??= told ? gap.from : offset;
      if (told) loop.missing += gap.count;
      else loop.delivered += 1;
    },
  };

  conclude({ streams }: Ending): void {
    for (const [reader, { stream, from, delivered, missing }] of this.#last) {
      if (from === undefined) continue;
      const produced = (streams.get(stream)?.info.tail ?? 0) - from;
      if (delivered + missing === produced) continue;
      throw new Violation('P6', `${reader}: ${delivered} delivered and ${missing} in gaps are not ${produced}`);
    }
  }
}
