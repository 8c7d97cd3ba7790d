import {
  type ClientMessage,
  decodeFrame,
  encodeMessage,
  encodeSegment,
  FrameReceiver,
  FrameSender,
  openBatches,
  parseClientMessage,
  type ServerMessage,
} from '@packetboat/core';
import type { FakePeer } from './fake_network.ts';
import { MemoryChannel } from './memory_channel.ts';
import { MemoryReader } from './memory_reader.ts';
import type { MemoryServer } from './memory_server.ts';

/** One connection of a {@linkcode MemoryServer}. A client that breaks the protocol makes the test fail. */
export class MemorySession {
  readonly server: MemoryServer;
  readonly #peer: FakePeer;
  readonly #sender: FrameSender;
  readonly #receiver: FrameReceiver;
  readonly #channels = new Map<number, MemoryChannel>();
  readonly #readers = new Map<number, MemoryReader>();
  #numbers = 0;

  constructor(server: MemoryServer, peer: FakePeer) {
    const { world } = server.virtual;
    this.server = server;
    this.#peer = peer;
    this.#sender = new FrameSender({
      clock: world.clock,
      heartbeatMs: server.limits.heartbeatMs,
      write: (piece) => peer.send(piece),
    });
    this.#receiver = new FrameReceiver({
      frameBytesMax: server.limits.frameBytesMax,
      report: (bytes) => this.send({ type: 'received', bytes }),
    });
  }

  send(message: ServerMessage): void {
    this.#peer.send(encodeMessage(message));
  }

  /** Behind the frames that wait. */
  sendInOrder(message: ServerMessage): void {
    this.#sender.afterwards(() => this.send(message));
  }

  sendSegment(number: number, segment: Parameters<typeof encodeSegment>[1]): void {
    this.#sender.send(encodeSegment(number, segment));
  }

  /** Streams have changed: readers may have something to send. */
  wake(): void {
    for (const reader of this.#readers.values()) reader.wake();
  }

  take(data: string | Uint8Array): void {
    if (typeof data === 'string') this.#takeMessage(parseClientMessage(data));
    else this.#takeFrame(data);
  }

  #takeFrame(bytes: Uint8Array): void {
    const frame = this.#receiver.take(bytes);
    if (frame === undefined) return;
    if (frame.kind !== 'publish') throw new Error(`A ${decodeFrame(bytes).kind} frame came from a client`);
    const { limits, virtual } = this.server;
    const batches = openBatches(frame.batches, virtual.world.crc32, limits);
    this.#channels.get(frame.channel)?.publish(batches);
  }

  #takeMessage(message: ClientMessage): void {
    switch (message.type) {
      case 'hello':
        return this.send(this.server.welcome);
      case 'heartbeat':
        return this.send({ type: 'heartbeat' });
      case 'received':
        return this.#sender.received(message.bytes);
      case 'produce': {
        this.#channels.get(message.channel)?.finish();
        const channel = new MemoryChannel(this, message);
        this.#channels.set(message.channel, channel);
        return void channel.open();
      }
      case 'finish':
        this.#channels.delete(message.channel);
        return;
      case 'subscribe': {
        const { sub } = message;
        if (this.#readers.has(sub)) throw new Error(`Subscription ${sub} came twice`);
        const reader = new MemoryReader(this, ++this.#numbers, message);
        this.#readers.set(sub, reader);
        return void reader.open();
      }
      case 'credit':
        return this.#readers.get(message.sub)?.grant(message.bytes);
      case 'commit':
        return this.#readers.get(message.sub)?.commit(message.offset);
      case 'unsubscribe':
        this.#readers.get(message.sub)?.stop();
        this.#readers.delete(message.sub);
        return;
      case 'bye':
        return this.#peer.close(1000, 'bye');
      case 'call':
        return this.#call(message);
    }
  }

  #call({ id, method, params }: ClientMessage & { readonly type: 'call' }): void {
    const { stream, cursor, offset } = params as { stream: string; cursor: string; offset: number };
    const refusal = method === 'cursors.move' ? this.server.moveCursor(stream, cursor, offset) : 'unknownMethod';
    if (refusal === undefined) return this.send({ type: 'result', id, value: {} });
    this.send({ type: 'error', id, code: refusal, message: 'refused', retryAfterMs: 5 });
  }
}
