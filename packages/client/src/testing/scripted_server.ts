import {
  type ClientMessage,
  decodeFrame,
  encodeMessage,
  encodeSegment,
  parseClientMessage,
  type Segment,
  type ServerMessage,
} from '@packetboat/core';
import { VirtualWorld } from '@packetboat/core/testing';
import { type Client } from '../client.ts';
import { connect, type ConnectOptions } from '../connect.ts';
import { FakeNetwork, type FakePeer } from './fake_network.ts';

type Welcome = ServerMessage & { readonly type: 'welcome' };

export const welcome: Welcome = {
  type: 'welcome',
  session: 's',
  resumed: false,
  server: 'scripted',
  store: 'store-1',
  durability: 'memory',
  heartbeatMs: 10_000,
  windowMs: 30_000,
  callKeyMs: 600_000,
  limits: {
    recordBytes: 4_096,
    batchBytes: 16_384,
    frameBytes: 65_536,
    windowBytes: 65_536,
    windowBatches: 8,
    creditBytes: 65_536,
  },
};

/** A server that hears everything and says what the test tells it to. It greets by itself unless told not to. */
export class ScriptedServer {
  readonly virtual: VirtualWorld;
  readonly network: FakeNetwork;
  /** Control messages heard, over all connections; heartbeats and reports left out. */
  readonly heard: ClientMessage[] = [];
  /** Publish frames heard: channel and batches. */
  readonly frames: { readonly channel: number; readonly batches: Uint8Array }[] = [];
  /** Answers each hello; replace it to refuse. */
  greeting: ServerMessage | undefined = welcome;
  /** Called with each message before it is filed. */
  onHeard: (message: ClientMessage) => void = () => undefined;
  #peer: FakePeer | undefined;

  constructor(seed = 1) {
    this.virtual = new VirtualWorld(seed);
    this.network = new FakeNetwork(this.virtual.world, (peer) => {
      this.#peer = peer;
      peer.onMessage = (data) => this.#take(data);
    });
  }

  connect(options: ConnectOptions = {}): Promise<Client> {
    const { world } = this.virtual;
    return connect('http://scripted', { world, webSocket: this.network.webSocket, ...options });
  }

  /** Connects, and lets the time pass that this takes. */
  async connected(options: ConnectOptions = {}): Promise<Client> {
    const client = this.connect(options);
    await this.virtual.advance(5);
    return client;
  }

  /** Says a control message, bytes, or any text on the newest connection; then lets it arrive. */
  async say(message: ServerMessage | Uint8Array | string): Promise<void> {
    const bare = typeof message === 'string' || message instanceof Uint8Array;
    this.#peer?.send(bare ? message : encodeMessage(message));
    await this.virtual.advance(5);
  }

  saySegment(number: number, segment: Segment): Promise<void> {
    return this.say(encodeSegment(number, segment));
  }

  async close(code: number, reason = ''): Promise<void> {
    this.#peer?.close(code, reason);
    await this.virtual.advance(2);
  }

  /** Closes a client, and lets the time pass that the farewell takes. */
  async farewell(client: Client): Promise<void> {
    await Promise.all([client.close(), this.virtual.advance(5)]);
  }

  /** The last message of a type. */
  last<Type extends ClientMessage['type']>(type: Type): Extract<ClientMessage, { type: Type }> {
    const found = this.heard.findLast((message) => message.type === type);
    if (found === undefined) throw new Error(`No ${type} was heard`);
    return found as Extract<ClientMessage, { type: Type }>;
  }

  count(type: ClientMessage['type']): number {
    return this.heard.filter((message) => message.type === type).length;
  }

  #take(data: string | Uint8Array): void {
    if (typeof data !== 'string') {
      const frame = decodeFrame(data);
      if (frame.kind === 'publish') this.frames.push(frame);
      return;
    }
    const message = parseClientMessage(data);
    this.onHeard(message);
    if (message.type === 'hello' && this.greeting !== undefined) this.#peer?.send(encodeMessage(this.greeting));
    if (message.type !== 'heartbeat' && message.type !== 'received') this.heard.push(message);
  }
}
