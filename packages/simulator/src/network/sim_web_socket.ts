import type { WebSocketLike } from '@packetboat/client';
import type { SimConnection } from './connection.ts';

type Listener = (event: never) => void;

/** The socket that an SDK sees. */
export class SimWebSocket implements WebSocketLike {
  binaryType = 'blob';
  connection: SimConnection | undefined;
  readonly #listeners = new Map<string, Listener[]>();

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  emit(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (typeof data === 'string') this.connection?.sendFromClient({ kind: 'text', text: data });
    else this.connection?.sendFromClient({ kind: 'binary', bytes: data.slice() });
  }

  close(code = 1000, reason = ''): void {
    this.connection?.closeFromClient(code, reason);
  }

  terminate(): void {
    this.connection?.cut();
  }
}
