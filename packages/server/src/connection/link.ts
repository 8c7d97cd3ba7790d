/** One connection as `Connection` sees it: a WebSocket, or whatever a test or the simulator puts in its place. */
export interface Link {
  sendText(text: string): void;
  sendBinary(bytes: Uint8Array): void;
  /** Closes the connection after what was sent; harmless when it is closed. */
  close(code: number, reason: string): void;
  /** Bytes handed over and not yet taken by the operating system. */
  readonly bufferedBytes: number;
}
