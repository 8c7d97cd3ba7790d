import { type Checker, type Ending, type Listeners, type Observation, Violation } from '../observation.ts';
import { knownRecords } from './known_records.ts';

/** How far receipts have said that a stream has come. */
interface Proven {
  readonly offset: number;
  readonly checksum: number;
  readonly incarnation: string;
}

/**
 * I1: no acknowledged record is absent, ever: whenever a store is opened it has come as far as the newest receipt says,
 * and in the end each acknowledged record is there.
 *
 * Does not verify records without a receipt. A record that a trim or retention took before anybody read it counts as there:
 * then what is missing must lie before all that is left of its producer, and its batch before all that is left.
 */
export class AcknowledgedIsStored implements Checker {
  readonly invariant = 'I1';
  /** Stream → payload → where its batch begins, if the receipt said so. */
  readonly #payloads = new Map<string, Map<string, number | undefined>>();
  readonly #proven = new Map<string, Proven>();

  readonly listeners: Listeners = {
    acknowledged: ({ stream, payload, receipt: { offset, proof } }) => {
      const payloads = this.#payloads.get(stream) ?? new Map<string, number | undefined>();
      this.#payloads.set(stream, payloads.set(payload, offset));
      const proven = this.#proven.get(stream);
      if (proven === undefined || proof.offset > proven.offset) this.#proven.set(stream, proof);
    },
    storeOpened: (opened) => this.#opened(opened),
  };

  conclude({ streams }: Ending): void {
    for (const [stream, payloads] of this.#payloads) {
      const ending = streams.get(stream);
      const known = ending === undefined ? [] : [...knownRecords(ending)];
      const isWhole = known.every(([, record]) => record !== undefined);
      const there = new Set(known.map(([, record]) => record?.text));
      const left = new Set(ending?.records.map(({ text }) => text));
      const first = isWhole ? 0 : (ending?.info.first ?? 0);
      // Receipts come in the producer's order, so what was trimmed is the beginning of what was acknowledged.
      const began = new Set<string>();
      for (const [payload, offset = 0] of payloads) {
        const producer = payload.slice(0, payload.indexOf('/'));
        if (left.has(payload)) began.add(producer);
        if (there.has(payload)) continue;
        if (offset >= first || began.has(producer)) {
          throw new Violation('I1', `${stream}: ${payload.slice(0, 40)} was acknowledged and is not stored`);
        }
      }
    }
  }

  #opened({ streams }: Observation['storeOpened']): void {
    for (const [stream, { offset, checksum, incarnation }] of this.#proven) {
      const info = streams.find((each) => each.stream === stream);
      const isWhole = info?.incarnation === incarnation && info.tail >= offset;
      if (isWhole && (info.tail > offset || info.checksum === checksum)) continue;
      const found = info === undefined ? 'is not there' : `ends at ${info.tail} with ${info.checksum}`;
      throw new Violation('I1', `${stream} ${found}, a receipt said ${offset} with ${checksum}`);
    }
  }
}
