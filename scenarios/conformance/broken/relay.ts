import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type ClientMessage,
  parseClientMessage,
  parseServerMessage,
  type ServerMessage,
  subprotocol,
} from '@packetboat/core';
import { WebSocket, WebSocketServer } from 'ws';
import type { Changes, Instead, Line, Passing, Twist } from './twist.ts';

/** What a relay needs. */
export interface RelayOptions {
  /** The server behind it. */
  readonly url: string;
  readonly frameBytesMax: number;
  /** What it does to each connection. @default nothing */
  readonly twist?: ((line: Line) => Twist) | undefined;
  /** What the server is shown of a request for a WebSocket. @default all */
  readonly asked?: ((headers: IncomingHttpHeaders) => IncomingHttpHeaders) | undefined;
}

/** A running relay. */
export interface Relay {
  readonly url: string;
  stop(): Promise<void>;
}

/** As the server itself has it. */
const fragmentsMax = 1_024;
/** How a WebSocket can end without a code (RFC 6455 section 7.1.5): these are never sent. */
const unsaid = Object.freeze({ closed: 1005, cut: 1006 } as const);

/**
 * Starts a relay in front of a server: all that WebSockets carry passes through it, message by message. Below messages it is
 * an end of its own: bytes that are no WebSocket go no further.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { url, frameBytesMax, twist = () => ({}), asked = (headers) => headers } = options;
  const memory = new Map<string, string>();
  const settings = { noServer: true, maxPayload: frameBytesMax, maxFragments: fragmentsMax };
  const clients = new WebSocketServer({ ...settings, handleProtocols: () => subprotocol });
  const http = createServer();
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { host, origin, 'sec-websocket-protocol': protocols = '' } = asked(request.headers);
    const headers = { ...(host !== undefined && { host }), ...(origin !== undefined && { origin }) };
    const target = url.replace(/^http/, 'ws') + (request.url ?? '');
    const server = new WebSocket(target, protocols.split(/,\s*/), { headers, perMessageDeflate: false });
    socket.on('error', () => server.terminate());
    socket.on('close', () => server.terminate());
    server.on('error', () => socket.destroy());
    server.on('unexpected-response', (_request, { statusCode, statusMessage }) =>
      socket.end(`HTTP/1.1 ${statusCode} ${statusMessage}\r\nConnection: close\r\n\r\n`),
    );
    server.on('open', () =>
      clients.handleUpgrade(request, socket, head, (client) => join(client, server, memory, twist)),
    );
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const stop = async () => {
    for (const client of clients.clients) client.terminate();
    await new Promise((resolve) => http.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

/** Passes on what comes on one connection, in order. */
function join(client: WebSocket, server: WebSocket, memory: Line['memory'], twist: (line: Line) => Twist): void {
  const tell = (passing: Passing) => client.send(onWire(passing));
  const say = (passing: Passing) => server.send(onWire(passing));
  const close = (code: number) => client.close(code);
  const { said = {}, mumbled, sent, told = {}, shown, closed = (code) => code } = twist({ tell, say, close, memory });
  client.on('error', () => client.terminate());
  client.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) return pass(say, data, sent?.(data));
    const text = data.toString();
    const message = readable(text);
    pass(say, text, message === undefined ? mumbled?.(text) : changed<ClientMessage>(said, message));
  });
  server.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) return pass(tell, data, shown?.(data));
    const text = data.toString();
    pass(tell, text, changed<ServerMessage>(told, parseServerMessage(text)));
  });
  server.on('close', (code) => {
    const outcome = closed(code);
    if (outcome === unsaid.cut) client.terminate();
    else if (outcome === unsaid.closed) client.close();
    else if (outcome !== undefined) client.close(outcome);
  });
}

function pass(to: (passing: Passing) => void, came: Passing, instead: Instead): void {
  for (const passing of instead ?? [came]) to(passing);
}

function readable(text: string): ClientMessage | undefined {
  try {
    return parseClientMessage(text);
  } catch {
    return undefined;
  }
}

function changed<Message extends ClientMessage | ServerMessage>(changes: Changes<Message>, message: Message): Instead {
  const change = changes[message.type as Message['type']] as ((message: Message) => Instead) | undefined;
  return change?.(message);
}

function onWire(passing: Passing): string | Uint8Array {
  return typeof passing === 'string' || passing instanceof Uint8Array ? passing : JSON.stringify(passing);
}
