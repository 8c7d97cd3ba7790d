import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { subprotocol } from '@packetboat/core';

/** What a client says to begin a WebSocket at the session door. */
export const webSocketUpgrade =
  `GET /v1/session HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n` +
  `Sec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`;

/** A TCP connection for saying what no client library would say. */
export class RawSocket implements Disposable {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #news = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#tell();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#ended = true;
      this.#tell();
    });
  }

  static async connect(port: number): Promise<RawSocket> {
    const raw = new RawSocket(connect(port, '127.0.0.1'));
    await once(raw.socket, 'connect');
    return raw;
  }

  /** A WebSocket after its handshake; nothing was said on it. */
  static async upgraded(port: number): Promise<RawSocket> {
    const raw = await RawSocket.connect(port);
    raw.write(webSocketUpgrade);
    await raw.until((received) => received.includes('\r\n\r\n'));
    raw.#received = Buffer.alloc(0);
    return raw;
  }

  get received(): Buffer {
    return this.#received;
  }

  write(bytes: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Settles when the condition holds, or the peer has closed. */
  async until(condition: (received: Buffer) => boolean): Promise<Buffer> {
    while (!this.#ended && !condition(this.#received)) {
      await this.#news.promise;
    }
    return this.#received;
  }

  /** All that came until the peer closed. */
  async toEnd(): Promise<string> {
    return (await this.until(() => false)).toString('latin1');
  }

  /** The code of the close frame that the peer ends with. */
  async closeCode(): Promise<number | undefined> {
    const received = await this.until((bytes) => closeCodeIn(bytes) !== undefined);
    return closeCodeIn(received);
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** A client's WebSocket frame, masked with zeros. `first` holds FIN, RSV and opcode. */
export function webSocketFrame(first: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const header = length < 126 ? Buffer.of(first, 0x80 | length) : Buffer.of(first, 0x80 | 127, ...bigEndian(length));
  return Buffer.concat([header, Buffer.alloc(4), payload]);
}

function bigEndian(length: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length));
  return bytes;
}

function closeCodeIn(bytes: Buffer): number | undefined {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const [first = 0, second = 0] = bytes.subarray(at);
    const length = second === 126 ? bytes.readUInt16BE(at + 2) : second;
    const payloadAt = at + (second === 126 ? 4 : 2);
    if (first === 0x88 && payloadAt + 2 <= bytes.length) return bytes.readUInt16BE(payloadAt);
    at = payloadAt + length;
  }
  return undefined;
}
