import { type Checker, type Ending, type Listeners, type Observation, Violation } from '../observation.ts';

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
 * Does not verify records without a receipt. A record that a trim or retention took counts as there: of a stream
 * that was trimmed, what is missing must lie before all that is left of its producer.
 */
export class AcknowledgedIsStored implements Checker {
  readonly invariant = 'I1';
  readonly #payloads = new Map<string, Set<string>>();
  readonly #proven = new Map<string, Proven>();

  readonly listeners: Listeners = {
    acknowledged: ({ stream, payload, receipt: { proof } }) => {
      const payloads = this.#payloads.get(stream) ?? new Set();
      this.#payloads.set(stream, payloads.add(payload));
      const proven = this.#proven.get(stream);
      if (proven === undefined || proof.offset > proven.offset) this.#proven.set(stream, proof);
    },
    storeOpened: (opened) => this.#opened(opened),
  };

  conclude({ streams }: Ending): void {
    for (const [stream, payloads] of this.#payloads) {
      const ending = streams.get(stream);
      const order = new Map(ending?.records.map(({ text }, index) => [text, index]));
      const trimmed = (ending?.info.first ?? 0) > 0;
      // Receipts come in the producer's order, so what was trimmed is the beginning of what was acknowledged.
      const began = new Set<string>();
      for (const payload of payloads) {
        const producer = payload.slice(0, payload.indexOf('/'));
        if (order.has(payload)) began.add(producer);
        else if (!trimmed || began.has(producer)) {
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
