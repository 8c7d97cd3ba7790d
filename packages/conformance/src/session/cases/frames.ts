import { encodePart, encodePublish } from '@packetboat/core';
import type { Case, Step } from '../case.ts';
import { product, sum } from '../words.ts';
import { acknowledges, alive, ends, opens, subscribe } from '../phrases.ts';

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const part = (index: number, last: boolean, slice: Uint8Array): Step => ({
  binary: hexOf(encodePart(index, last, slice)),
});
/** More than frames of 5 MiB may have: an index is at most `frameBytes` / 1024. */
const partsTooMany = 5 * 1_024;
const bytes = (length: number): Uint8Array => new Uint8Array(length);

/** A frame that breaks the protocol closes the connection, and nobody else's. */
const violation = (name: string, why: string, ...steps: readonly Step[]): Case => ({
  name: `frame: ${name} is badFrame`,
  clause: '4',
  why,
  steps: [{ greet: {} }, ...steps, ...ends('badFrame', 4400), ...alive],
});

/** The batch of the document's layout, written by hand: one record "hi" of producer "p", epoch 0, sequence 0, time 1. */
const batchByHand = [
  '504b4231', // PKB1
  '3e000000', // 62 bytes
  '569e67e2', // CRC-32 of all that follows
  '01000100', // version, flags, bytes of the id, 0
  '01000000', // records
  '02000000', // payload bytes
  '0000000000000000', // epoch
  '0000000000000000', // sequence
  '7000000000000000', // the id, padded
  '0100000000000000', // time
  '02000000', // length
  '6869', // hi
].join('');

/** Section 4: frames and their parts. */
export const frameCases: readonly Case[] = [
  {
    name: 'frame: a batch written byte by byte as the document says is stored',
    clause: '4',
    why: 'The layout is the contract: no library stands between.',
    steps: [
      { greet: {} },
      { say: { type: 'produce', channel: 258, stream: '$stream', producer: 'p', create: true } },
      { expect: { type: 'producing', channel: 258, epoch: 0, sequence: 0 } },
      { binary: `0100bad002010000${batchByHand}` },
      { expect: { type: 'receipt', channel: 258, sequence: 0, offset: 0, duplicate: false, proof: { offset: 1 } } },
      { say: subscribe() },
      { expect: { type: 'subscribed' } },
      { records: ['hi'] },
    ],
  },
  {
    name: 'frame: parts are put together again, with text messages between them',
    clause: '4',
    why: 'On a slow link a large frame must not stop the heartbeats.',
    steps: [
      { greet: {} },
      ...opens(),
      { publish: { channel: 1, parts: 7, batches: [{ sequence: 0, records: [{ bytes: 20_000 }, 'end'] }] } },
      ...acknowledges(0),
      { say: subscribe() },
      { expect: { type: 'subscribed', tail: 2 } },
      { records: [{ bytes: 20_000 }, 'end'] },
    ],
  },
  violation('of fewer than 8 bytes', 'There is no head to read.', { binary: '010000' }),
  violation('of an unknown type', 'A newer client must notice.', { binary: '09000e9701000000' }),
  violation('with a damaged head', 'A frame damaged into somebody else’s would vanish without a word [P5].', {
    binary: '0100631501000001',
  }),
  violation('with an unknown flag', 'What is reserved is for later versions.', { binary: '0101d33c01000000' }),
  violation('of the server’s kind', 'Segments come from the server only.', { binary: `02${'00'.repeat(31)}` }),
  violation(
    'out of turn among parts',
    'A missing part must not be papered over.',
    part(1, true, encodePublish(1, [bytes(64)])),
  ),
  violation(
    'of another kind between parts',
    'A frame in parts is sent part after part.',
    part(0, false, bytes(2_000)),
    {
      binary: hexOf(encodePublish(1, [bytes(64)])),
    },
  ),
  violation('made of a part in a part', 'Parts of parts never end.', part(0, true, encodePart(0, true, bytes(16)))),
  {
    name: 'frame: parts of more than frameBytes are tooLarge',
    clause: '4',
    why: 'Parts are no way around the limit.',
    steps: [
      { greet: {} },
      ...[0, 1, 2].map((index) => ({ binary: { bytes: product('$it.limits.frameBytes', 0.4), part: index } })),
      ...ends('tooLarge', 4413),
      ...alive,
    ],
  },
  {
    name: 'frame: tiny parts without end are tooLarge [H18]',
    clause: '4',
    why: 'A thousand tiny pieces cost more than their bytes.',
    steps: [
      { greet: {} },
      ...Array.from({ length: partsTooMany }, (_, index) => ({ binary: { bytes: 1, part: index } })),
      ...ends('tooLarge', 4413),
      ...alive,
    ],
  },
  {
    name: 'frame: a message of more than frameBytes is closed with 1009 [H20]',
    clause: '1',
    why: 'What is too large is refused before it is held.',
    steps: [{ greet: {} }, { binary: { bytes: sum('$it.limits.frameBytes', 1) } }, { closed: [1009] }, ...alive],
  },
];
