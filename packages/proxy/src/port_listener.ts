import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { PacketboatError } from '@packetboat/core';
import { formatAddress } from './address.ts';
import type { Endpoint } from './proxy.ts';

/** Connections that may wait to be accepted: a fault that cuts a whole fleet brings all of it back at once. */
const backlog = 4_096;

/** Who comes in, and what happens then. */
export interface Doorkeeper {
  /** Connections at a time; more are refused. */
  readonly connectionsMax: number;
  readonly accept: (client: Socket) => void;
  /** Called when one was closed at once. */
  readonly refused: (connectionsMax: number) => void;
}

/** A port that may be closed for several reasons at once, and is open when none is left. */
export class PortListener implements Endpoint {
  readonly #doorkeeper: Doorkeeper;
  #listen: Endpoint;
  #server: Server | undefined;
  /** How many reasons there are not to listen; one to begin with. */
  #reasons = 1;

  /** @param listen Port 0 lets the system choose, once. */
  constructor(listen: Endpoint, doorkeeper: Doorkeeper) {
    this.#listen = listen;
    this.#doorkeeper = doorkeeper;
  }

  get host(): string {
    return this.#listen.host;
  }

  get port(): number {
    return this.#listen.port;
  }

  /** Refuses connections until `open` was called as often. */
  close(): void {
    this.#reasons += 1;
    this.#server?.close();
    this.#server = undefined;
  }

  /** @throws {PacketboatError} `unreachable` when it cannot listen there; it may be tried again. */
  async open(): Promise<void> {
    if (this.#reasons > 1) {
      this.#reasons -= 1;
      return;
    }
    const { connectionsMax, accept, refused } = this.#doorkeeper;
    const server = createServer({ allowHalfOpen: true }, accept);
    server.maxConnections = connectionsMax;
    server.on('drop', () => refused(connectionsMax));
    this.#reasons = 0;
    this.#server = server;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.once('close', resolve);
        server.listen({ ...this.#listen, backlog }, resolve);
      });
    } catch (cause) {
      this.#reasons += 1;
      this.#server = undefined;
      throw this.#cannotListen(cause as Error);
    }
    if (server.listening) this.#listen = { host: this.host, port: (server.address() as AddressInfo).port };
  }

  /** Listens elsewhere, now or when it is open again. @throws {PacketboatError} as `open`; then it listens where it did. */
  async move(listen: Endpoint): Promise<void> {
    const before = this.#listen;
    this.close();
    this.#listen = listen;
    try {
      await this.open();
    } catch (error) {
      this.#listen = before;
      await this.open();
      throw error;
    }
  }

  #cannotListen(cause: Error): PacketboatError {
    const inUse = 'code' in cause && cause.code === 'EADDRINUSE';
    const why = inUse ? 'another program uses the port' : cause.message;
    return new PacketboatError('unreachable', `Cannot listen on ${formatAddress(this)}: ${why}`, { cause });
  }
}
