import type { Case, Step } from '../case.ts';
import { alive } from '../phrases.ts';

/** How a WebSocket message is written, as the wire has it. */
interface Wire {
  readonly opcode: number;
  readonly payload?: Uint8Array;
  /** @default true */
  readonly final?: boolean;
  /** Reserved bits, of 0x70. @default 0 */
  readonly reserved?: number;
  /** @default true */
  readonly masked?: boolean;
}

/** A frame of RFC 6455 section 5.2, in hex, with a mask of zeros. */
function wire({ opcode, payload = new Uint8Array(), final = true, reserved = 0, masked = true }: Wire): string {
  const short = payload.length < 126;
  const head = Buffer.from([
    (final ? 0x80 : 0) | reserved | opcode,
    (masked ? 0x80 : 0) | (short ? payload.length : 126),
  ]);
  const length = Buffer.alloc(short ? 0 : 2);
  if (!short) length.writeUInt16BE(payload.length);
  return Buffer.concat([head, length, Buffer.alloc(masked ? 4 : 0), payload]).toString('hex');
}

const opcode = Object.freeze({ continuation: 0, text: 1, binary: 2, close: 8, ping: 9 } as const);
const beat = Buffer.from('{"type":"heartbeat"}');

/** Bytes that are no WebSocket close the connection with such a code, and nobody else's. */
const closed = (name: string, code: number, why: string, raw: string): Case => ({
  name: `wire: ${name} is closed with ${code}`,
  clause: '10',
  why,
  steps: [{ greet: {} }, { raw }, { closed: [code] }, ...alive],
});

const hello = Buffer.from('{"type":"hello","protocol":1,"client":"cut"}');
const helloOnWire = wire({ opcode: opcode.text, payload: hello });
const everyNth = 14;

/** A hello that is cut after some of its bytes. */
const cutHello = (bytes: number): readonly Step[] => [
  { connect: {}, on: `cut ${bytes}` },
  { raw: helloOnWire.slice(0, 2 * bytes), on: `cut ${bytes}` },
  { cut: bytes % 2 === 0 ? 'fin' : 'reset', on: `cut ${bytes}` },
];

/** What hostile clients do under the messages (RFC 6455), and in numbers. */
export const hostileCases: readonly Case[] = [
  closed(
    'a frame without mask [H17]',
    1002,
    'RFC 6455 section 5.1.',
    wire({ opcode: opcode.text, payload: beat, masked: false }),
  ),
  closed(
    'a reserved bit [H17]',
    1002,
    'RFC 6455 section 5.2.',
    wire({ opcode: opcode.text, payload: beat, reserved: 0x20 }),
  ),
  closed(
    'compression that was not agreed [H19]',
    1002,
    'RFC 7692.',
    wire({ opcode: opcode.text, payload: beat, reserved: 0x40 }),
  ),
  closed('an unknown opcode [H17]', 1002, 'RFC 6455 section 5.2.', wire({ opcode: 3, payload: beat })),
  closed(
    'a ping of 126 bytes [H17]',
    1002,
    'RFC 6455 section 5.5.',
    wire({ opcode: opcode.ping, payload: new Uint8Array(126) }),
  ),
  closed(
    'a control frame in pieces [H17]',
    1002,
    'RFC 6455 section 5.5.',
    wire({ opcode: opcode.ping, payload: beat, final: false }),
  ),
  closed(
    'a continuation of nothing [H17]',
    1002,
    'RFC 6455 section 5.4.',
    wire({ opcode: opcode.continuation, payload: beat }),
  ),
  closed(
    'a message that begins within another [H17]',
    1002,
    'RFC 6455 section 5.4.',
    wire({ opcode: opcode.text, payload: beat, final: false }) + wire({ opcode: opcode.text, payload: beat }),
  ),
  closed(
    'a close frame of one byte [H17]',
    1002,
    'RFC 6455 section 5.5.1.',
    wire({ opcode: opcode.close, payload: new Uint8Array(1) }),
  ),
  {
    name: 'wire: a length with the top bit is closed with 1002 or 1009 [H17]',
    clause: '10',
    why: 'RFC 6455 section 5.2: the most significant bit is 0.',
    steps: [{ greet: {} }, { raw: '82ffffffffffffffffff00000000' }, { closed: [1002, 1009] }, ...alive],
  },
  closed('a claim of 1 GB', 1009, 'It is refused before a byte of it came.', '82ff000000004000000000000000'),
  closed(
    'text that is not UTF-8, split over frames [H20]',
    1007,
    'RFC 6455 section 8.1.',
    wire({ opcode: opcode.text, payload: Buffer.from([0x22, 0xc3]), final: false }) +
      wire({ opcode: opcode.continuation, payload: Buffer.from([0x28, 0x22]) }),
  ),
  {
    name: 'wire: a message of tiny pieces without end is closed with 1008 or 1009 [H18]',
    clause: '10',
    why: 'Pieces cost more than their bytes.',
    steps: [
      { greet: {} },
      {
        raw:
          wire({ opcode: opcode.binary, payload: new Uint8Array(1), final: false }) +
          wire({ opcode: opcode.continuation, payload: new Uint8Array(1), final: false }).repeat(2_000),
      },
      { closed: [1008, 1009] },
      ...alive,
    ],
  },
  {
    name: 'wire: a message in a few pieces is a message',
    clause: '1',
    why: 'RFC 6455 section 5.4 allows it.',
    steps: [
      { greet: {} },
      {
        raw:
          wire({ opcode: opcode.text, payload: beat.subarray(0, 7), final: false }) +
          wire({ opcode: opcode.continuation, payload: beat.subarray(7) }),
      },
      { quiet: true },
    ],
  },
  {
    name: 'wire: JSON in a binary message is badFrame [H20]',
    clause: '1',
    why: 'Text messages are control messages, binary messages are frames.',
    steps: [
      { greet: {} },
      { binary: beat.toString('hex') },
      { expect: { type: 'closing', code: 'badFrame' } },
      { closed: [4400] },
      ...alive,
    ],
  },
  {
    name: 'wire: a hello that is cut anywhere harms nobody [H25]',
    clause: '8',
    why: 'A link ends where it will.',
    steps: [
      ...Array.from({ length: Math.floor(helloOnWire.length / 2 / everyNth) }, (_, index) =>
        cutHello((index + 1) * everyNth),
      ).flat(),
      ...alive,
    ],
  },
];
