import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { PacketboatError, subprotocol } from '@packetboat/core';
import { type WebSocket, WebSocketServer } from 'ws';
import { Connection } from '../connection/connection.ts';
import { checkHead, pathOf, refuseUpgrade, type RequestContext } from './http_server.ts';
import { WebSocketLink } from './web_socket_link.ts';

const sessionPath = '/v1/session';
/** Parts of one WebSocket message, and pieces of it as they came from the socket (FAILURES row 18). */
const fragmentsMax = 1_024;
const chunksMax = 16_384;
/** Time a peer has to answer a close. */
const closeTimeoutMs = 5_000;

/** Lets WebSockets in at `/v1/session` (subprotocol `packetboat.v1`), each as a `Connection`. */
export function openSessionDoor(server: Server, context: RequestContext): void {
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: context.broker.limits.frameBytesMax,
    maxFragments: fragmentsMax,
    maxBufferedChunks: chunksMax,
    closeTimeout: closeTimeoutMs,
    handleProtocols: () => subprotocol,
  };
  const sockets = new WebSocketServer(options);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    try {
      checkHead(request, context);
      checkUpgrade(request);
    } catch (error) {
      return refuseUpgrade(context, socket, error);
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => attend(context, request, webSocket));
  });
}

/** Runs a connection on an open WebSocket. */
function attend(context: RequestContext, request: IncomingMessage, webSocket: WebSocket): void {
  const { broker, connections } = context;
  const connection = new Connection(broker, new WebSocketLink(webSocket, request.socket), {
    refusal: () => connections.refusal(request.socket),
    inherit: () => connections.inherit(request.socket),
  });
  webSocket.on('error', (error) => {
    broker.log.debug({ connection: connection.id, error: error.message }, 'a WebSocket was closed for what came on it');
  });
  webSocket.on('close', () => connection.linkClosed());
  webSocket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) connection.receiveBinary(data);
    else connection.receiveText(data.toString());
  });
  // What came in one packet with the upgrade comes here again.
  request.socket.on('data', (chunk: Buffer) => connection.heard(chunk.length));
}

function checkUpgrade(request: IncomingMessage): void {
  if (pathOf(request) !== sessionPath) {
    throw new PacketboatError('unknownPath', `WebSockets are at ${sessionPath}`);
  }
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(subprotocol)) {
    throw new PacketboatError('unknownVersion', `The WebSocket must offer the subprotocol ${subprotocol}`);
  }
}
