import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { PacketboatError } from '@packetboat/core';
import type { Endpoint } from './proxy.ts';

/** Connections that may wait to be accepted: a fault that cuts a whole fleet brings all of it back at once. */
const backlog = 4_096;

/** A port that may be closed for several reasons at once, and is open when none is left. */
export class PortListener implements Endpoint {
  readonly host: string;
  readonly #accept: (client: Socket) => void;
  #port: number;
  #server: Server | undefined;
  /** How many reasons there are not to listen; one to begin with. */
  #reasons = 1;

  /** @param listen Port 0 lets the system choose, once. */
  constructor(listen: Endpoint, accept: (client: Socket) => void) {
    this.host = listen.host;
    this.#port = listen.port;
    this.#accept = accept;
  }

  get port(): number {
    return this.#port;
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
    const server = createServer({ allowHalfOpen: true }, this.#accept);
    this.#reasons = 0;
    this.#server = server;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.once('close', resolve);
        server.listen({ port: this.#port, host: this.host, backlog }, resolve);
      });
    } catch (cause) {
      this.#reasons += 1;
      this.#server = undefined;
      throw this.#cannotListen(cause as Error);
    }
    if (server.listening) this.#port = (server.address() as AddressInfo).port;
  }

  #cannotListen(cause: Error): PacketboatError {
    const inUse = 'code' in cause && cause.code === 'EADDRINUSE';
    const why = inUse ? 'another program uses the port' : cause.message;
    return new PacketboatError('unreachable', `Cannot listen on ${this.host}:${this.#port}: ${why}`, { cause });
  }
}
