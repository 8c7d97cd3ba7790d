import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { defaultLimits } from '@packetboat/core';
import { type WebSocket, WebSocketServer } from 'ws';
import { BoundedWebSocket } from './bounded_web_socket.ts';

/** A server's end and a command's end of one WebSocket. */
async function pair() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new BoundedWebSocket(`ws://127.0.0.1:${port}`, 'p');
  const [[peer]] = (await Promise.all([once(server, 'connection'), once(client, 'open')])) as [[WebSocket], unknown];
  const close = () => {
    client.terminate();
    server.close();
  };
  return { client, peer, [Symbol.dispose]: close };
}

test('BoundedWebSocket takes a message of the largest size, and ends the connection over a larger one [P7]', async () => {
  using ends = await pair();
  const { client, peer } = ends;
  peer.send(Buffer.alloc(defaultLimits.frameBytesMax));
  const [data] = (await once(client, 'message')) as [Buffer];
  assert.equal(data.length, defaultLimits.frameBytesMax);
  peer.send(Buffer.alloc(defaultLimits.frameBytesMax + 1));
  const [error] = (await once(client, 'error')) as [Error];
  assert.match(error.message, /Max payload size exceeded/);
  assert.equal((await once(peer, 'close'))[0], 1009);
});

test('BoundedWebSocket offers no compression, and takes no message in pieces without end [P7]', async () => {
  using ends = await pair();
  const { client, peer } = ends;
  assert.equal(client.extensions, '');
  for (let piece = 0; piece < 1_100; piece++) peer.send(Buffer.of(1), { fin: false });
  const [error] = (await once(client, 'error')) as [Error];
  assert.match(error.message, /Too many message fragments/);
  assert.equal((await once(peer, 'close'))[0], 1008);
});
