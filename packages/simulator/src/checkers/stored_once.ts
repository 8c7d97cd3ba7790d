import { type Checker, type Ending, type Listeners, Violation } from '../observation.ts';
import { knownRecords } from './known_records.ts';
import { parsePayload } from './payload.ts';

/**
 * I2: no record is stored twice, and a retry is answered with the first result: the offset of a receipt is that of a
 * batch of its producer, at or before the record. Every payload is unique, so that a repeated one is a repeated record.
 *
 * Does not verify what was trimmed before anybody read it, nor what sensors send: that is I12.
 */
export class StoredOnce implements Checker {
  readonly invariant = 'I2';
  readonly #offsets: { readonly stream: string; readonly payload: string; readonly offset: number }[] = [];

  readonly listeners: Listeners = {
    acknowledged: ({ stream, payload, receipt: { offset } }) => {
      if (offset !== undefined) this.#offsets.push({ stream, payload, offset });
    },
  };

  conclude({ streams }: Ending): void {
    const places = new Map<string, Map<string, number>>();
    for (const [stream, ending] of streams) {
      const seen = new Map<string, number>();
      places.set(stream, seen);
      for (const [offset, record] of knownRecords(ending)) {
        if (record === undefined || record.gap) continue;
        const { text } = record;
        const before = seen.get(text);
        if (before === undefined) seen.set(text, offset);
        else throw new Violation('I2', `${stream}: ${text.slice(0, 40)} stands at ${before} and at ${offset}`);
      }
    }
    for (const told of this.#offsets) this.#checkOffset(told, streams, places.get(told.stream)?.get(told.payload));
  }

  #checkOffset(
    { stream, payload, offset }: { readonly stream: string; readonly payload: string; readonly offset: number },
    streams: Ending['streams'],
    place: number | undefined,
  ): void {
    const ending = streams.get(stream);
    if (ending === undefined || place === undefined) return;
    const record = ending.records[offset - ending.info.first] ?? ending.read.get(offset);
    if (record === undefined && offset < ending.info.first) return;
    const first = parsePayload(record?.text ?? '');
    const ours = parsePayload(payload);
    const fits = first?.producer === ours?.producer && first?.run === ours?.run;
    if (fits && offset <= place) return;
    throw new Violation(
      'I2',
      `${stream}: the receipt of ${payload.slice(0, 40)} said ${offset}, it stands at ${place}`,
    );
  }
}
