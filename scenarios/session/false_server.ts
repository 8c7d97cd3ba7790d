/** What stands at a server's address and is none, or lies; behind it stands a real one. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type ClientMessage, encodeMessage, parseClientMessage, type ServerMessage } from '@packetboat/core';
import { type WebSocket, WebSocketServer } from 'ws';

/** What it does with one connection. */
export type Lie =
  /** Instead of the answer to the upgrade. */
  | { readonly instead: (peer: LyingPeer) => void }
  /** As a WebSocket that says hello, and whatever else the client says. */
  | { readonly heard: (peer: LyingPeer, message: ClientMessage) => void };

/** The first connections are lied to, one by each lie; all later ones are led to the real server. */
export class FalseServer implements AsyncDisposable {
  /** Connections that it took. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async before(realUrl: string, lies: readonly Lie[]): Promise<FalseServer> {
    const server = createServer();
    const falseServer = new FalseServer(server);
    const port = Number(new URL(realUrl).port);
    server.on('connection', (socket: Socket) => {
      const lie = lies[falseServer.connections++];
      falseServer.#keep(socket);
      if (lie !== undefined) return tell(lie, socket);
      const real = falseServer.#keep(connect(port, '127.0.0.1'));
      socket.pipe(real).pipe(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return falseServer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sockets that are open, to clients and to the real server. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}

/** The false server's end of a connection. */
export class LyingPeer {
  readonly socket: Socket;
  /** Called with each binary message of the client. */
  published = (): void => undefined;
  readonly #webSocket: WebSocket | undefined;

  constructor(socket: Socket, webSocket?: WebSocket) {
    this.socket = socket;
    this.#webSocket = webSocket;
  }

  write(bytes: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Says the same bytes again and again, as fast as they are taken, until the client has gone. */
  flood(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes, () => setImmediate(() => this.flood(bytes)));
  }

  /** Control messages, and binary messages. */
  say(...messages: readonly (ServerMessage | Uint8Array)[]): void {
    for (const message of messages) {
      this.#webSocket?.send(message instanceof Uint8Array ? message : encodeMessage(message));
    }
  }

  close(code: number): void {
    this.#webSocket?.close(code);
  }
}

function tell(lie: Lie, socket: Socket): void {
  if ('instead' in lie) {
    socket.once('data', () => lie.instead(new LyingPeer(socket)));
    return;
  }
  const http = createHttpServer();
  const webSockets = new WebSocketServer({
    server: http,
    handleProtocols: () => 'packetboat.v1',
    perMessageDeflate: true,
  });
  webSockets.on('connection', (webSocket) => {
    const peer = new LyingPeer(socket, webSocket);
    webSocket.on('error', () => undefined);
    webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) peer.published();
      else lie.heard(peer, parseClientMessage(data.toString()));
    });
  });
  http.emit('connection', socket);
}

/** The head of a server's WebSocket frame that claims so many bytes. */
export function serverHead(firstByte: number, length: bigint): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE((firstByte << 8) | 127);
  head.writeBigUInt64BE(length, 2);
  return head;
}
