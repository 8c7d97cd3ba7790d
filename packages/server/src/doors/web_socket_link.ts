import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Link } from '../connection/link.ts';

/** A WebSocket as the session's link. What is sent in one turn leaves in one system call. */
export class WebSocketLink implements Link {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  #gathering = false;

  /** @param socket The socket under `webSocket`. */
  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  sendText(text: string): void {
    this.#gather();
    this.#webSocket.send(text);
  }

  sendBinary(bytes: Uint8Array): void {
    this.#gather();
    this.#webSocket.send(bytes);
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }

  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#gathering = false;
      this.#socket.uncork();
    });
  }
}
