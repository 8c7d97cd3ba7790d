/**
 * The little of a WebSocket that the SDK uses: what browsers, Node's global `WebSocket` and the package `ws`
 * have in common.
 */
export interface WebSocketLike {
  binaryType: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  /** Drops the connection without farewell, where that is possible (`ws`). */
  terminate?(): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: never) => void): void;
}

/** A class of WebSockets. In Node, pass the one of `ws`: `connect(url, { webSocket: WebSocket })`. */
export type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike;
