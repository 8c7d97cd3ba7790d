import { type Checker, type Ending, Violation } from '../observation.ts';
import { knownRecords } from './known_records.ts';
import { type Payload, parsePayload } from './payload.ts';

/**
 * I6: a stale epoch never writes: behind a record of an epoch stands none of an earlier one, and no two lives of a
 * producer write under one epoch.
 *
 * Does not verify that an epoch which was given out and has written nothing fences an earlier one: it need not, and is
 * given out again when the server has forgotten it.
 */
export class StaleEpochNeverWrites implements Checker {
  readonly invariant = 'I6';
  readonly listeners = {};

  conclude({ streams }: Ending): void {
    for (const [stream, ending] of streams) {
      const newest = new Map<string, Payload>();
      for (const [, record] of knownRecords(ending)) {
        const payload = record === undefined || record.gap ? undefined : parsePayload(record.text);
        if (payload === undefined) continue;
        const { producer, epoch, run } = payload;
        const before = newest.get(producer) ?? payload;
        if (epoch < before.epoch || (epoch === before.epoch && run !== before.run)) {
          const [late, early] = [`${producer}/${epoch}/${run}`, `${before.epoch}/${before.run}`];
          throw new Violation('I6', `${stream}: ${late} wrote behind epoch ${early}`);
        }
        newest.set(producer, payload);
      }
    }
  }
}
