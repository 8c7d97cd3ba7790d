import { crc32, encodeMessage, parseClientMessage, SequenceDigest } from '@packetboat/core';
import type { Mutant } from './mutant.ts';
import { textsChanged } from './texts_changed.ts';

/** Values below this repeat soon. */
const valuesMax = 4;

/**
 * A sequence goes on behind the value that its client got last, wherever that stands first (C2.6). So that values repeat,
 * they are small ones here.
 */
export const resumeByValue: Mutant = {
  name: 'resume_by_value',
  invariant: 'C2.1',
  seams: () => {
    /** By session: each number as it was first sent. */
    const sent = new Map<string, number[]>();
    /** By what a server writes to: the session, how many numbers there are, and by how much the client's indexes are ahead. */
    const links = new WeakMap<object, { session: string; n: number; ahead: number }>();
    const numbersOf = (session: string) => sent.get(session) ?? [];
    return {
      link: ({ link }) => {
        const own = { session: '', n: 0, ahead: 0 };
        links.set(link, own);
        return textsChanged(link, (message) => {
          const numbers = numbersOf(own.session);
          switch (message.type) {
            case 'welcome':
              own.session = message.session;
              return [message];
            case 'sequenceBegun':
              own.n = message.n;
              return [{ ...message, index: message.index + own.ahead }];
            case 'number': {
              const value = (numbers[message.index] ??= message.value % valuesMax);
              sent.set(own.session, numbers);
              const index = message.index + own.ahead;
              return index < own.n ? [{ ...message, index, value }] : [];
            }
            case 'sum': {
              const digest = new SequenceDigest('crc-32', crc32);
              for (const value of numbers) digest.add(value);
              return [{ ...message, checksum: digest.checksum }];
            }
            default:
              return [message];
          }
        });
      },
      serverEnd: (end, { link }) => ({
        ...end,
        text: (text) => {
          const message = parseClientMessage(text);
          const own = links.get(link);
          if (message.type !== 'sequence' || own === undefined) return end.text(text);
          const numbers = numbersOf(own.session);
          const last = numbers[message.index - 1];
          const index = last === undefined ? message.index : numbers.indexOf(last) + 1;
          own.ahead = message.index - index;
          end.text(encodeMessage({ ...message, index }));
        },
      }),
    };
  },
};
