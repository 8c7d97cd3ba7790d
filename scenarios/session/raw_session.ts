/** A WebSocket at the session door that says what no client library would say, byte for byte. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  type ClientMessage,
  defaultLimits,
  encodeMessage,
  encodePublish,
  FrameReceiver,
  parseServerMessage,
  sealBatch,
  type SegmentFrame,
  type ServerMessage,
  type SessionIdentity,
} from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';

type Named<Type extends ServerMessage['type']> = Extract<ServerMessage, { readonly type: Type }>;

/** FIN and opcode of the first byte of a WebSocket frame. */
export const first = { text: 0x81, binary: 0x82, close: 0x88, ping: 0x89 } as const;

/** What a client says to begin a WebSocket at the session door. */
export const upgrade = Buffer.from(
  'GET /v1/session HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: packetboat.v1\r\n\r\n',
);

/** A client's WebSocket frame, masked with zeros. */
export function wsFrame(firstByte: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head = length < 126 ? Buffer.of(firstByte, 0x80 | length, 0, 0, 0, 0) : wsHead(firstByte, BigInt(length));
  return Buffer.concat([head, payload]);
}

/** The head of a frame that claims so many bytes, in its longest form. */
export function wsHead(firstByte: number, length: bigint): Buffer {
  const head = Buffer.alloc(14);
  head.writeUInt16BE((firstByte << 8) | 0xff);
  head.writeBigUInt64BE(length, 2);
  return head;
}

/** A control message in its WebSocket frame. */
export function said(message: ClientMessage): Buffer {
  return wsFrame(first.text, Buffer.from(encodeMessage(message)));
}

/** Batches of one record each, of epoch 0, in a publish frame in its WebSocket frame. */
export function published(channel: number, producer: string, from: number, ...texts: readonly string[]): Buffer {
  const batches = texts.map((text, index) => {
    const records = [{ timeNs: 1n, bytes: Buffer.from(text) }];
    return sealBatch({ records, producer: { id: producer, epoch: 0, sequence: from + index } }, nodeWorld.crc32);
  });
  return wsFrame(first.binary, encodePublish(channel, batches));
}

export class RawSession implements Disposable {
  readonly socket: Socket;
  /** What the server has said since the upgrade, in order. */
  readonly messages: ServerMessage[] = [];
  readonly frames: SegmentFrame[] = [];
  /** The server's close frame. */
  closing: { readonly code: number; readonly reason: string } | undefined;
  /** Nothing more comes. */
  ended = false;
  /** The server's answer to the upgrade. */
  head = '';
  #unread: Buffer = Buffer.alloc(0);
  #news = Promise.withResolvers<void>();
  readonly #receiver: FrameReceiver;

  /** Connects, and says `opening`. */
  constructor(url: string, opening: Uint8Array = upgrade) {
    const { hostname, port } = new URL(url);
    this.#receiver = new FrameReceiver({
      frameBytesMax: defaultLimits.frameBytesMax,
      report: (bytes) => this.say({ type: 'received', bytes }),
    });
    this.socket = connect(Number(port), hostname, () => this.write(opening));
    this.socket.on('data', (chunk: Buffer) => {
      this.#unread = Buffer.concat([this.#unread, chunk]);
      this.#read();
      this.#tell();
    });
    this.socket.on('error', () => undefined);
    this.socket.once('close', () => {
      this.ended = true;
      this.#tell();
    });
  }

  /** One that said hello and was answered. */
  static async greeted(url: string, resume?: SessionIdentity): Promise<RawSession> {
    const raw = new RawSession(url);
    raw.say({ type: 'hello', protocol: 1, client: 'hostile', resume });
    await raw.until(() => raw.messages.length > 0);
    return raw;
  }

  /** What resumes the session that it was welcomed to, if it was. */
  get identity(): SessionIdentity | undefined {
    const [message] = this.of('welcome');
    return message?.token === undefined ? undefined : { session: message.session, token: message.token };
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.socket.connecting) this.socket.once('connect', () => this.write(bytes));
    else if (this.socket.writable) this.socket.write(bytes);
  }

  say(message: ClientMessage): void {
    this.write(said(message));
  }

  of<Type extends ServerMessage['type']>(type: Type): Named<Type>[] {
    return this.messages.filter((message): message is Named<Type> => message.type === type);
  }

  /** Settles when `condition` holds, or nothing more comes. */
  async until(condition: () => boolean): Promise<void> {
    while (!this.ended && !condition()) await this.#news.promise;
  }

  /** The last message of a type, as soon as there are `count` of it. */
  async next<Type extends ServerMessage['type']>(type: Type, count = 1): Promise<Named<Type>> {
    await this.until(() => this.of(type).length >= count);
    const message = this.of(type)[count - 1];
    if (message === undefined) throw new Error(`No ${type} came: ${JSON.stringify(this.messages.slice(-3))}`);
    return message;
  }

  /** How the server closes: code and reason of its close frame, to which this answers. */
  async closed(): Promise<{ readonly code: number; readonly reason: string } | undefined> {
    await this.until(() => this.closing !== undefined);
    this.write(wsFrame(first.close, Buffer.of(0x03, 0xe8)));
    this.socket.end();
    return this.closing;
  }

  /** The link is gone, with or without a word. */
  async cut(how: 'FIN' | 'RST' = 'RST'): Promise<void> {
    if (this.socket.connecting) await once(this.socket, 'connect');
    if (how === 'RST') this.socket.resetAndDestroy();
    else this.socket.end();
    await this.until(() => false);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #read(): void {
    if (this.head === '') {
      const end = this.#unread.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.head = this.#unread.toString('latin1', 0, end);
      this.#unread = this.#unread.subarray(end + 4);
    }
    for (let frame = serverFrame(this.#unread); frame !== undefined; frame = serverFrame(this.#unread)) {
      this.#unread = this.#unread.subarray(frame.bytes);
      this.#take(frame.firstByte, frame.payload);
    }
  }

  #take(firstByte: number, payload: Buffer): void {
    if (firstByte === first.text) this.messages.push(parseServerMessage(payload.toString()));
    else if (firstByte === first.close) {
      const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
      this.closing ??= { code, reason: payload.subarray(2).toString() };
    } else if (firstByte === first.binary) {
      const frame = this.#receiver.take(payload);
      if (frame?.kind === 'segment') this.frames.push(frame);
    }
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }
}

/** The first whole frame in what a server sent. */
function serverFrame(bytes: Buffer): { firstByte: number; payload: Buffer; bytes: number } | undefined {
  const [firstByte = 0, short = 0] = bytes;
  const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < headBytes) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (bytes.length < headBytes + length) return undefined;
  return { firstByte, payload: bytes.subarray(headBytes, headBytes + length), bytes: headBytes + length };
}
