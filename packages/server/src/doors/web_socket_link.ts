import type { WebSocket } from 'ws';
import type { Link } from '../session/link.ts';

/** A WebSocket as the session's link. */
export class WebSocketLink implements Link {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  sendBinary(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
}
