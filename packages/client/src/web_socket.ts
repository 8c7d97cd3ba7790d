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
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  addEventListener(type: 'error', listener: (event: object) => void): void;
}

/** A class of WebSockets. In Node, pass the one of `ws`: `connect(url, { webSocket: WebSocket })`. */
export type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike;
