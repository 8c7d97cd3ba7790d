import type { World } from '@packetboat/core';
import type { WebSocketConstructor, WebSocketLike } from '../web_socket.ts';

/** The server's end of a fake WebSocket. */
export interface FakePeer {
  /** Called with what the client sends, text or bytes. */
  onMessage: (data: string | Uint8Array) => void;
  /** Called once when the connection is gone. */
  onClose: () => void;
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  /** The link breaks: what is on its way is lost, both ends notice. */
  cut(): void;
}

type Listener = (event: never) => void;

/**
 * WebSockets without sockets, in the time of a virtual world: each message takes `latencyMs`, in order. The link can
 * be cut, now or after so many messages, and be unreachable or silent.
 */
export class FakeNetwork {
  readonly webSocket: WebSocketConstructor;
  /** Whether connections are accepted. */
  reachable = true;
  /** Messages vanish in both directions, without a sign. */
  silent = false;
  latencyMs = 1;
  /** Connections that were asked for, whether accepted or not. */
  attempts = 0;
  /** Cuts the link instead of delivering the message after so many. */
  cutAfterMessages = Number.POSITIVE_INFINITY;
  readonly #world: World;
  readonly #accept: (peer: FakePeer) => void;
  readonly #open = new Set<FakeSocket>();

  constructor(world: World, accept: (peer: FakePeer) => void) {
    this.#world = world;
    this.#accept = accept;
    const connect = (socket: FakeSocket) => this.#connect(socket);
    const carry = (way: Way, deliver: () => void) => this.#carry(way, deliver);
    const forget = (socket: FakeSocket) => this.#open.delete(socket);
    this.webSocket = class extends FakeSocket {
      constructor(url: string, protocol: string) {
        super({ url, protocol, carry, forget });
        connect(this);
      }
    };
  }

  /** Connections that are open. */
  get openSockets(): number {
    return this.#open.size;
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#open) socket.cut();
  }

  #connect(socket: FakeSocket): void {
    this.attempts += 1;
    if (this.silent) return;
    this.#world.timers.after(this.latencyMs, () => {
      if (!this.reachable) return socket.cut();
      this.#open.add(socket);
      this.#accept(socket.peer);
      socket.emit('open', {});
    });
  }

  #carry(way: Way, deliver: () => void): void {
    const { socket } = way;
    const nowMs = this.#world.clock.monotonicMs();
    // What is sent after the latency fell does not overtake what was sent before.
    way.busyUntilMs = Math.max(way.busyUntilMs, nowMs + this.latencyMs);
    this.#world.timers.after(way.busyUntilMs - nowMs, () => {
      if (this.silent || socket.closed) return;
      if (this.cutAfterMessages-- <= 0) {
        this.cutAfterMessages = Number.POSITIVE_INFINITY;
        socket.cut();
      } else deliver();
    });
  }
}

/** One direction of a connection. */
interface Way {
  readonly socket: FakeSocket;
  /** When the newest message on it arrives. */
  busyUntilMs: number;
}

interface FakeSocketOptions {
  readonly url: string;
  readonly protocol: string;
  readonly carry: (way: Way, deliver: () => void) => void;
  readonly forget: (socket: FakeSocket) => void;
}

class FakeSocket implements WebSocketLike {
  binaryType = 'blob';
  closed = false;
  readonly url: string;
  readonly peer: FakePeer;
  readonly #options: FakeSocketOptions;
  readonly #outward: Way = { socket: this, busyUntilMs: 0 };
  readonly #inward: Way = { socket: this, busyUntilMs: 0 };
  readonly #listeners = new Map<string, Listener[]>();

  constructor(options: FakeSocketOptions) {
    this.#options = options;
    this.url = options.url;
    this.peer = {
      onMessage: () => undefined,
      onClose: () => undefined,
      send: (data) => {
        const copy = typeof data === 'string' ? data : data.slice().buffer;
        options.carry(this.#inward, () => this.emit('message', { data: copy }));
      },
      close: (code, reason) => options.carry(this.#inward, () => this.#close(code, reason)),
      cut: () => this.cut(),
    };
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  emit(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    const copy = typeof data === 'string' ? data : data.slice();
    this.#options.carry(this.#outward, () => this.peer.onMessage(copy));
  }

  close(code = 1000, reason = ''): void {
    this.#options.carry(this.#inward, () => this.#close(code, reason));
  }

  terminate(): void {
    this.cut();
  }

  cut(): void {
    if (this.closed) return;
    this.emit('error', { message: 'the link broke' });
    this.#close(1006, '');
  }

  #close(code: number, reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.#options.forget(this);
    this.peer.onClose();
    this.emit('close', { code, reason });
  }
}
