import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { VirtualWorld } from '@packetboat/core/testing';
import type { Proxy, ProxyEvent, ProxyOptions } from '../proxy.ts';
import { startProxy } from '../start_proxy.ts';

/** One end of a proxied connection, and everything it has received. */
export class Peer {
  readonly socket: Socket;
  #received = '';
  /** What ended it: nothing yet, an end, or a reset. */
  ended: 'no' | 'fin' | 'reset' = 'no';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#received += bytes.toString('latin1');
    });
    socket.on('end', () => {
      if (this.ended === 'no') this.ended = 'fin';
    });
    socket.on('error', () => {
      this.ended = 'reset';
    });
  }

  get received(): string {
    return this.#received;
  }
}

/** A proxy on virtual time between real loopback sockets. */
export class Proxied {
  readonly virtual = new VirtualWorld();
  readonly servers: Peer[] = [];
  /** What the proxy told. */
  readonly events: ProxyEvent[] = [];
  readonly #upstream = createServer({ allowHalfOpen: true }, (socket) => this.servers.push(new Peer(socket)));
  readonly #clients: Peer[] = [];
  #proxy: Proxy | undefined;

  async start(options: Partial<ProxyOptions> = {}): Promise<Proxy> {
    this.#upstream.listen(0, '127.0.0.1');
    await once(this.#upstream, 'listening');
    const target = { host: '127.0.0.1', port: (this.#upstream.address() as AddressInfo).port };
    const listen = { host: '127.0.0.1', port: 0 };
    const onEvent = (event: ProxyEvent) => this.events.push(event);
    this.#proxy = await startProxy({ listen, target, world: this.virtual.world, seed: 7, onEvent, ...options });
    return this.#proxy;
  }

  /** A new client, and its counterpart once the target has accepted it. */
  async pair(): Promise<[client: Peer, server: Peer]> {
    const count = this.servers.length;
    const client = this.client();
    await eventually(() => this.servers.length > count);
    return [client, this.servers[count] as Peer];
  }

  client(): Peer {
    const client = new Peer(connect({ host: '127.0.0.1', port: this.#proxy?.port ?? 0, allowHalfOpen: true }));
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy?.stop();
    for (const peer of [...this.#clients, ...this.servers]) peer.socket.destroy();
    this.#upstream.close();
  }
}

/** Turns of the event loop after which a wait is in vain. */
const turnsMax = 1_000_000;

/** Lets sockets do their work until `holds`. */
export async function eventually(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn > turnsMax) throw new Error(`Waited in vain for ${String(holds)}`);
    await setImmediate();
  }
}

/** Lets sockets do their work once. */
export const oneTurn = (): Promise<void> => setImmediate();

/** Lets sockets do their work for a while: what was going to happen has happened. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await setImmediate();
}
