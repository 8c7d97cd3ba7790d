import { type Checker, type Ending, Violation } from '../observation.ts';
import { parsePayload } from './payload.ts';

/**
 * I3: per life of a producer, which has one epoch, records are stored in the order in which they were made, without a hole.
 *
 * Does not verify what a trim took: of a trimmed stream, the first record that is left may have any index. What stands
 * there again is a matter of I2, what sensors send one of I12.
 */
export class ProducerOrder implements Checker {
  readonly invariant = 'I3';
  readonly listeners = {};

  conclude({ streams }: Ending): void {
    for (const [stream, { info, records }] of streams) {
      const next = new Map<string, number>();
      for (const { text, gap } of records) {
        const payload = gap ? undefined : parsePayload(text);
        if (payload === undefined) continue;
        const life = `${payload.producer}/${payload.epoch}/${payload.run}`;
        const expected = next.get(life) ?? (info.first > 0 ? payload.index : 0);
        if (payload.index > expected) {
          throw new Violation('I3', `${stream}: ${life} ${payload.index} stands where ${expected} was next`);
        }
        next.set(life, Math.max(expected, payload.index + 1));
      }
    }
  }
}
