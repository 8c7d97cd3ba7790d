import { crc32 } from '@packetboat/core';
import { type Checker, type Ending, type Listeners, type Observation, Violation } from '../observation.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * I9: what is read is what was sent, byte by byte, and the running checksum of a stream is that of its records.
 *
 * Does not verify that damage is told with the right words; a client that meets it may end with any visible error. What
 * sensors send is a matter of I12.
 */
export class ReadIsSent implements Checker {
  readonly invariant = 'I9';
  readonly #sent = new Map<string, Set<string>>();

  readonly listeners: Listeners = {
    published: ({ stream, payload }) => {
      const sent = this.#sent.get(stream) ?? new Set();
      this.#sent.set(stream, sent.add(payload));
    },
    delivered: (delivered) => this.#delivered(delivered),
  };

  conclude({ streams }: Ending): void {
    for (const [stream, { info, records }] of streams) {
      const sum = records.reduce((crc, { text }) => crc32(encoder.encode(text), crc), info.firstChecksum);
      if (sum !== info.checksum || info.first + records.length !== info.tail) {
        const [has, says] = [`${info.first + records.length} records, ${sum}`, `${info.tail}, ${info.checksum}`];
        throw new Violation('I9', `${stream} has ${has} and says ${says}`);
      }
      const sent = this.#sent.get(info.fork?.stream ?? stream);
      if (sent === undefined) continue;
      const foreign = records.find(({ text }) => !sent.has(text));
      if (foreign !== undefined) throw new Violation('I9', `${stream} holds ${foreign.text}, which nobody sent`);
    }
  }

  #delivered({ stream, reader, record }: Observation['delivered']): void {
    const sent = this.#sent.get(stream);
    if (sent === undefined || record.gap !== undefined) return;
    const payload = decoder.decode(record.bytes);
    if (!sent.has(payload)) throw new Violation('I9', `${reader} read ${payload} in ${stream}, which nobody sent`);
  }
}
