import type { EndingRecord, EndingStream } from '../observation.ts';

/**
 * All records that a stream ever had, by offset: those that are stored, and of those before, which a trim or retention took,
 * what a reader got. `undefined` stands for what was taken before anybody read it.
 */
export function* knownRecords(stream: EndingStream): Generator<[offset: number, record: EndingRecord | undefined]> {
  const { info, records, read } = stream;
  for (let offset = 0; offset < info.first; offset++) yield [offset, read.get(offset)];
  for (const [index, record] of records.entries()) yield [info.first + index, record];
}
