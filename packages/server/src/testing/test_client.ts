import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import {
  type ClientMessage,
  encodeMessage,
  encodePublish,
  FrameReceiver,
  parseServerMessage,
  sealBatch,
  type SegmentFrame,
  type ServerMessage,
  subprotocol,
} from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { WebSocket } from 'ws';

type Named<Type extends ServerMessage['type']> = Extract<ServerMessage, { readonly type: Type }>;

let clients = 0;

/** A bare client of the session door over a real WebSocket. */
export class TestClient implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  readonly frames: SegmentFrame[] = [];
  /** Settles with the close code. */
  readonly closed: Promise<number>;
  readonly #news = new EventEmitter();

  private constructor(url: string) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/v1/session`, subprotocol);
    const receiver = new FrameReceiver({
      frameBytesMax: 1_048_576,
      report: (bytes) => this.say({ type: 'received', bytes }),
    });
    this.socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) {
        const frame = receiver.take(data);
        if (frame?.kind === 'segment') this.frames.push(frame);
      } else {
        this.messages.push(parseServerMessage(data.toString()));
      }
      this.#news.emit('news');
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code) => {
        resolve(code);
        this.#news.emit('news');
      });
    });
    this.socket.on('error', () => undefined);
  }

  /** Opens a connection and says nothing. */
  static async open(url: string): Promise<TestClient> {
    const client = new TestClient(url);
    await once(client.socket, 'open');
    return client;
  }

  static async connect(url: string): Promise<TestClient> {
    const client = await TestClient.open(url);
    client.say({ type: 'hello', protocol: 1, client: 'test' });
    await client.next('welcome');
    return client;
  }

  say(message: ClientMessage): void {
    this.socket.send(encodeMessage(message));
  }

  /** Publishes a batch of one record. */
  publish(channel: number, id: string, sequence: number, payload: Uint8Array): void {
    const batch = sealBatch(
      { records: [{ timeNs: 1n, bytes: payload }], producer: { id, epoch: 0, sequence } },
      nodeWorld.crc32,
    );
    this.socket.send(encodePublish(channel, [batch]));
  }

  /** The `index`-th message of a type, as soon as it is there. */
  async next<Type extends ServerMessage['type']>(type: Type, index = 0): Promise<Named<Type>> {
    const all = () => this.messages.filter((message): message is Named<Type> => message.type === type);
    await this.until(() => all()[index] !== undefined);
    return all()[index] as Named<Type>;
  }

  /** Settles when `condition` holds; checked at every message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      assert.notEqual(this.socket.readyState, WebSocket.CLOSED, `closed after ${JSON.stringify(this.messages.at(-1))}`);
      await once(this.#news, 'news');
    }
  }

  /** Publishes a record to a stream of its own and reads it. */
  async roundTrip(): Promise<void> {
    clients += 1;
    const name = `round-trip-${clients}`;
    this.say({ type: 'produce', channel: 9, stream: name, producer: name, epoch: 0, create: true });
    await this.next('producing');
    this.say({ type: 'subscribe', sub: 9, stream: name, from: { at: 'start' }, credit: 1_000 });
    this.publish(9, name, 0, Buffer.from('hello'));
    await this.next('receipt');
    await this.until(() => this.frames.some(({ batches }) => Buffer.from(batches).includes('hello')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
