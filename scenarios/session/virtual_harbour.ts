import { type Client, connect, type ConnectOptions, type SessionKeeper, type StatusEvent } from '@packetboat/client';
import { FakeNetwork, type FakePeer } from '@packetboat/client/testing';
import { type Limits, MemoryStore, type SessionIdentity } from '@packetboat/core';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import { Broker, Connection, type Link } from '@packetboat/server';

const nothing = () => undefined;
const silentLog = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** A client, and what it was told of its connection. */
export interface Sailor {
  readonly client: Client;
  readonly events: readonly StatusEvent[];
  readonly network: FakeNetwork;
}

/** The real server without sockets, in virtual time: links that are cut or fall silent, a server that dies and comes back. */
export class VirtualHarbour {
  readonly virtual: VirtualWorld;
  readonly limits: Limits;
  readonly store: MemoryStore;
  readonly #networks: FakeNetwork[] = [];
  #broker: Broker;

  constructor(seed = 1, limits: Partial<Limits> = {}) {
    this.virtual = new VirtualWorld(seed);
    this.limits = testLimits(limits);
    this.store = new MemoryStore({ world: this.virtual.world, limits: this.limits });
    this.#broker = this.#start();
  }

  /** The server's present life. */
  get broker(): Broker {
    return this.#broker;
  }

  /** A way to the server of its own. */
  network(): FakeNetwork {
    const network = new FakeNetwork(this.virtual.world, (peer) => this.#accept(network, peer));
    this.#networks.push(network);
    return network;
  }

  /** Begins to connect. */
  sail(options: ConnectOptions = {}): { readonly connected: Promise<Client> } & Omit<Sailor, 'client'> {
    const network = this.network();
    const events: StatusEvent[] = [];
    const connected = connect('http://harbour', {
      world: this.virtual.world,
      webSocket: network.webSocket,
      backoff: { firstMs: 20, capMs: 1_000 },
      onStatus: (event) => events.push(event),
      ...options,
    });
    connected.catch(nothing);
    return { connected, network, events };
  }

  /** A client that is in. */
  async sailor(options?: ConnectOptions): Promise<Sailor> {
    const { connected, ...rest } = this.sail(options);
    return { client: await this.until(connected), ...rest };
  }

  /** The server's process dies: its timers do, and its sockets break. It cannot be reached until it is started again. */
  kill(): void {
    this.#broker.sessions.stop();
    const dead = this.#broker;
    for (const network of this.#networks) {
      network.reachable = false;
      network.cut();
    }
    for (const connection of dead.connections) connection.linkClosed();
  }

  restart(): void {
    this.#broker = this.#start();
    for (const network of this.#networks) network.reachable = true;
  }

  /** Lets time pass until `promise` settles, at most an hour. */
  async until<Value>(promise: Promise<Value>): Promise<Value> {
    const state = { pending: true };
    const settled = promise.finally(() => {
      state.pending = false;
    });
    settled.catch(nothing);
    for (let waits = 0; state.pending && waits < 36_000; waits++) await this.virtual.advance(100);
    if (state.pending) throw new Error('It does not settle in an hour');
    return settled;
  }

  /** Entries of the store's Map. */
  async entries(prefix: string): Promise<number> {
    return (await this.store.map.list(prefix, undefined, 1_000)).length;
  }

  #start(): Broker {
    return new Broker({ store: this.store, world: this.virtual.world, limits: this.limits, log: silentLog });
  }

  #accept(network: FakeNetwork, peer: FakePeer): void {
    const link: Link = {
      sendText: (text) => peer.send(text),
      sendBinary: (bytes) => peer.send(bytes),
      close: (code, reason) => peer.close(code, reason),
      bufferedBytes: 0,
    };
    const connection = new Connection(this.#broker, link);
    peer.onMessage = (data) => {
      connection.heard(data.length);
      if (typeof data === 'string') connection.receiveText(data);
      else connection.receiveBinary(data);
    };
    // Through a black hole no farewell comes either.
    peer.onClose = () => {
      if (!network.silent) connection.linkClosed();
    };
  }
}

/** A keeper that survives its client. */
export function memoryKeeper(): SessionKeeper & { readonly kept: SessionIdentity | undefined } {
  let kept: SessionIdentity | undefined;
  return {
    get kept() {
      return kept;
    },
    load: async () => kept,
    save: async (identity) => {
      kept = identity;
    },
  };
}
