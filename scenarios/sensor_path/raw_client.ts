/** A TCP connection that says what no client library would say. */
import { connect, type Socket } from 'node:net';

export class RawClient implements Disposable {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #closed = false;
  #news = Promise.withResolvers<void>();

  /** Connects to the server at `url`, and says `first`. */
  constructor(url: string, first: string | Uint8Array) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname, () => this.say(first));
    this.socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#tell();
    });
    this.socket.on('error', () => undefined);
    this.socket.once('close', () => {
      this.#closed = true;
      this.#tell();
    });
  }

  /** All that was received until now. */
  get received(): Buffer {
    return this.#received;
  }

  say(bytes: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Settles when `condition` holds of what was received, or the server has closed. */
  async until(condition: (received: Buffer) => boolean): Promise<Buffer> {
    while (!this.#closed && !condition(this.#received)) await this.#news.promise;
    return this.#received;
  }

  /** All that was received until the server closed. */
  toEnd(): Promise<Buffer> {
    return this.until(() => false);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }
}
