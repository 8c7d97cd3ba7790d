/**
 * The one file of the proxy that knows a protocol of ours: it recognises the messages of the session protocol
 * (docs/protocol/session.md) that a server sends, so that a fault can begin just before one of them goes on.
 *
 * It does not verify anything. What it cannot read (another protocol, compression, masked frames) passes unseen.
 */
import { serverMessages } from '@packetboat/core';
import type { Watcher } from './watcher.ts';

/** What can be seen: every control message of the server by its type, and segments. */
export const sessionSights: readonly string[] = [...Object.keys(serverMessages), 'segment'];

/** Longer messages pass unseen; the protocol's longest text message. */
const textBytesMax = 65_536;
/** The head of the answer to the upgrade; a longer one is no such answer. */
const headBytesMax = 16_384;
const headStart = Buffer.from('HTTP/1.1 101 ');
const headEnd = Buffer.from('\r\n\r\n');

/** RFC 6455 section 5.2: FIN and opcode in one byte; with compression or a fragment it is none of these. */
const wholeText = 0x81;
const wholeBinary = 0x82;
/** The first byte of a binary message that holds a segment, and of a part of one: section 4 of the document. */
const segmentFrame = 2;
const partFrame = 3;
const partHeaderBytes = 8;

interface Frame {
  readonly headerBytes: number;
  readonly payloadBytes: number;
}

export class SessionWatcher implements Watcher {
  /** What came and was not let through yet. */
  #held: Buffer = Buffer.alloc(0);
  #state: 'head' | 'frames' | 'blind' = 'head';
  /** Bytes of the frame that was recognised and goes through. */
  #passBytes = 0;

  *read(bytes: Uint8Array): Generator<Uint8Array | string> {
    this.#held = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    if (this.#state === 'head') this.#readHead();
    while (this.#held.length > 0) {
      if (this.#state === 'blind') this.#passBytes = Infinity;
      if (this.#passBytes === 0) {
        const sight = this.#recognise();
        if (sight === undefined) return;
        if (sight !== '') yield sight;
      }
      const passing = this.#held.subarray(0, this.#passBytes);
      this.#held = this.#held.subarray(passing.length);
      this.#passBytes -= passing.length;
      if (passing.length > 0) yield passing;
    }
  }

  end(): Uint8Array {
    return this.#held;
  }

  /** Waits for the whole head of the answer to the upgrade. */
  #readHead(): void {
    const start = this.#held.subarray(0, headStart.length);
    const endAt = this.#held.indexOf(headEnd);
    const headBytes = endAt === -1 ? this.#held.length : endAt + headEnd.length;
    if (!start.equals(headStart.subarray(0, start.length)) || headBytes > headBytesMax) {
      this.#state = 'blind';
    } else if (endAt !== -1) {
      this.#state = 'frames';
      this.#passBytes = headBytes;
    }
  }

  /** Lets the next frame through and says what it is, `''` if that is nothing of note; `undefined`: not known yet. */
  #recognise(): string | undefined {
    if (this.#state === 'head') return undefined;
    const frame = frameAt(this.#held);
    if (frame === undefined) return undefined;
    if (frame === 'unreadable') {
      this.#state = 'blind';
      return '';
    }
    const [opcode] = this.#held;
    const payload = this.#held.subarray(frame.headerBytes, frame.headerBytes + frame.payloadBytes);
    let sight: string | undefined = '';
    if (opcode === wholeText && frame.payloadBytes <= textBytesMax) {
      sight = payload.length < frame.payloadBytes ? undefined : messageType(payload);
    } else if (opcode === wholeBinary) {
      sight = frameSight(payload, frame.payloadBytes);
    }
    if (sight !== undefined) this.#passBytes = frame.headerBytes + frame.payloadBytes;
    return sight;
  }
}

/** The lengths of the frame that `bytes` begin with. */
function frameAt(bytes: Buffer): Frame | 'unreadable' | undefined {
  if (bytes.length < 2) return undefined;
  const lengthByte = bytes.readUInt8(1);
  // A server's frames are never masked (RFC 6455 section 5.1).
  if (lengthByte > 127) return 'unreadable';
  if (lengthByte < 126) return { headerBytes: 2, payloadBytes: lengthByte };
  const headerBytes = lengthByte === 126 ? 4 : 10;
  if (bytes.length < headerBytes) return undefined;
  const payloadBytes = lengthByte === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return Number.isSafeInteger(payloadBytes) ? { headerBytes, payloadBytes } : 'unreadable';
}

function messageType(payload: Buffer): string {
  try {
    const message: unknown = JSON.parse(payload.toString());
    const type = typeof message === 'object' && message !== null && 'type' in message ? message.type : '';
    return typeof type === 'string' && sessionSights.includes(type) ? type : '';
  } catch {
    return '';
  }
}

/** A segment, whole or as the first of its parts. */
function frameSight(payload: Buffer, payloadBytes: number): string | undefined {
  const [kind] = payload;
  if (kind !== partFrame)
    return kind === undefined && payloadBytes > 0 ? undefined : kind === segmentFrame ? 'segment' : '';
  if (payloadBytes <= partHeaderBytes) return '';
  if (payload.length <= partHeaderBytes) return undefined;
  return payload.readUInt32LE(4) === 0 && payload[partHeaderBytes] === segmentFrame ? 'segment' : '';
}
