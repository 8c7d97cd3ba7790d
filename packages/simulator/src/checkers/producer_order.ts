import { type Checker, type Ending, Violation } from '../observation.ts';
import { knownRecords } from './known_records.ts';
import { parsePayload } from './payload.ts';

/**
 * I3: per life of a producer, which has one epoch, records are stored in the order in which they were made, without a hole.
 *
 * Does not verify what a trim took before anybody read it: behind that, the first record of a life may have any index. What
 * stands there again is a matter of I2, what sensors send one of I12.
 */
export class ProducerOrder implements Checker {
  readonly invariant = 'I3';
  readonly listeners = {};

  conclude({ streams }: Ending): void {
    for (const [stream, ending] of streams) {
      const next = new Map<string, number>();
      let isWhole = true;
      for (const [, record] of knownRecords(ending)) {
        if (record === undefined) {
          // Of any life, records may have stood here.
          isWhole = false;
          next.clear();
          continue;
        }
        const payload = record.gap ? undefined : parsePayload(record.text);
        if (payload === undefined) continue;
        const life = `${payload.producer}/${payload.epoch}/${payload.run}`;
        const expected = next.get(life) ?? (isWhole ? 0 : payload.index);
        if (payload.index > expected) {
          throw new Violation('I3', `${stream}: ${life} ${payload.index} stands where ${expected} was next`);
        }
        next.set(life, Math.max(expected, payload.index + 1));
      }
    }
  }
}
