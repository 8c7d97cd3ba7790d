import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { PacketboatError } from '@packetboat/core';
import { socketsPossible } from '@packetboat/core/open-files';
import type { Broker } from '../broker/broker.ts';

/** Sockets above the bound that are heard, and mostly told that the server is full. */
const overMax = 64;
const retryAfterMs = 5_000;

/**
 * Counts connections and refuses those above the bound in words (F16). A socket has one of `connectionsMax` places, and
 * a session keeps its connection's place while it is away. A socket for which there is none is heard all the same: a
 * session that is resumed brings its place with it, everybody else gets `fullHouse`. For that there are the sockets that
 * those who are away do not use, and a few more; whoever says nothing holds one for as long as a greeting may take, and
 * while all are held, connections are closed at once. All are counted.
 */
export class Connections {
  /** The bound that holds: the limit, or what the system's open files allow. */
  readonly max: number;
  readonly #broker: Broker;
  readonly #sockets = new Set<Socket>();
  /** Sockets without a place. */
  readonly #over = new Set<object>();
  #full = false;
  /** Of sockets that are closed. */
  #bytesReceived = 0;
  #bytesSent = 0;

  constructor(server: Server, broker: Broker) {
    this.#broker = broker;
    const { connectionsMax } = broker.limits;
    const possible = socketsPossible();
    const over = Math.min(overMax, Math.max(1, Math.trunc(possible / 4)));
    this.max = Math.max(1, Math.min(connectionsMax, possible - over));
    if (this.max < connectionsMax) {
      const details = { connectionsMax, max: this.max };
      broker.log.warn(details, 'the system allows fewer open files than connectionsMax: raise its limit (ulimit -n)');
    }
    server.maxConnections = this.max + over;
    server.on('connection', (socket: Socket) => this.#add(socket));
    server.on('drop', () => {
      broker.counters.refused('fullHouse');
      this.#warn();
    });
  }

  get count(): number {
    return this.#sockets.size;
  }

  /** Bytes that came over all sockets there ever were. */
  get bytesReceived(): number {
    return this.#sockets.values().reduce((sum, socket) => sum + socket.bytesRead, this.#bytesReceived);
  }

  /** Bytes that left over all of them, or wait in a buffer to do so. */
  get bytesSent(): number {
    return this.#sockets.values().reduce((sum, socket) => sum + socket.bytesWritten, this.#bytesSent);
  }

  /** What to answer on a socket that has no place; `undefined` when it has one, or takes one that is free now. */
  refusal(socket: object): PacketboatError | undefined {
    if (this.#over.has(socket) && this.#hasRoom()) this.#over.delete(socket);
    if (!this.#over.has(socket)) return undefined;
    const text = `The server has as many connections as it may hold (${this.max})`;
    return new PacketboatError('fullHouse', text, { retryAfterMs });
  }

  /** The socket takes the place of a session that was away. */
  inherit(socket: object): void {
    this.#over.delete(socket);
  }

  /** Cuts whatever is still open. */
  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #hasRoom(): boolean {
    return this.#sockets.size - this.#over.size + this.#broker.sessions.detached < this.max;
  }

  #add(socket: Socket): void {
    const hasRoom = this.#hasRoom();
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#over.delete(socket);
      this.#bytesReceived += socket.bytesRead;
      this.#bytesSent += socket.bytesWritten;
      this.#full = this.#full && !this.#hasRoom();
    });
    if (hasRoom) return;
    this.#over.add(socket);
    this.#warn();
  }

  #warn(): void {
    if (!this.#full) this.#broker.log.warn({ max: this.max }, 'as many connections as may be: refusing more');
    this.#full = true;
  }
}
