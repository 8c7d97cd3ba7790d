import { type Checker, type Ending, type EndingStream, type Listeners, Violation } from '../observation.ts';

/**
 * I12: what a sensor's spool has taken reaches the server exactly once, as it was and in order, or a gap says that the spool's
 * policy gave it up; so records and gaps together are what was produced.
 *
 * Does not verify which records a full spool gives up. The spool is a model of ours behind the agent's port; the real
 * one is held by its own tests.
 */
export class SpoolDelivers implements Checker {
  readonly invariant = 'I12';
  /** Stream → the number behind the last one that was spooled. */
  readonly #spooled = new Map<string, number>();
  /** Stream → number → the sample, as its spool had it. */
  readonly #lines = new Map<string, Map<number, string>>();

  readonly listeners: Listeners = {
    spooled: ({ stream, number, line }) => {
      const lines = this.#lines.get(stream) ?? new Map<number, string>();
      this.#lines.set(stream, lines.set(number, line.trimEnd()));
      this.#spooled.set(stream, Math.max(this.#spooled.get(stream) ?? 0, number + 1));
    },
  };

  conclude({ streams }: Ending): void {
    for (const [stream, produced] of this.#spooled) {
      const ending = streams.get(stream);
      for (const { text, gap } of ending?.records ?? []) if (!gap) this.#checkSample(stream, text);
      const accounted = ending === undefined ? 0 : accountedTo(stream, ending);
      if (accounted < produced) {
        throw new Violation('I12', `${stream}: ${produced} samples were spooled, ${accounted} are accounted for`);
      }
    }
  }

  /** Of one whose sensor died before it said so, nobody knows what it was. */
  #checkSample(stream: string, text: string): void {
    const line = this.#lines.get(stream)?.get(numberOf(text)[0]) ?? text.trimEnd();
    if (text.trimEnd() !== line) throw new Violation('I12', `${stream} holds ${text}, where ${line} was spooled`);
  }
}

/** The number behind the last sample that is there or told as lost. */
function accountedTo(stream: string, { info, records }: EndingStream): number {
  let next = info.first > 0 ? undefined : 0;
  for (const { text, gap } of records) {
    const [from, to] = gap ? gapOf(text) : numberOf(text);
    if (next !== undefined && from !== next) {
      throw new Violation('I12', `${stream}: sample ${from} stands where ${next} was next`);
    }
    next = to;
  }
  return next ?? 0;
}

function numberOf(text: string): [from: number, to: number] {
  const number = Number(text.split(' ')[1]);
  return [number, number + 1];
}

function gapOf(text: string): [from: number, to: number] {
  const { from, to } = JSON.parse(text) as { readonly from: number; readonly to: number };
  return [from, to + 1];
}
