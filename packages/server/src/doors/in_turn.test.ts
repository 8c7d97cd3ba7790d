import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { nodeWorld } from '@packetboat/core/node';
import { RawSocket } from '../testing/raw_socket.ts';
import { testBroker } from '../testing/test_broker.ts';
import { turns, until } from '../testing/until.ts';
import { makeHttpServer } from './http_server.ts';
import { inTurn } from './in_turn.ts';

const ask = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** A server whose answers the test gives, and one connection to it. */
async function connected(begin: (response: ServerResponse) => void) {
  const { broker } = testBroker();
  const server = makeHttpServer(broker);
  const begun: ServerResponse[] = [];
  const answer: RequestListener = (_request, response) => {
    begun.push(response);
    begin(response);
  };
  server.on('request', inTurn(broker, answer));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const raw = await RawSocket.connect((server.address() as AddressInfo).port);
  const close = async () => {
    raw[Symbol.dispose]();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { broker, raw, begun, [Symbol.asyncDispose]: close };
}

test('inTurn answers requests that were sent ahead, one after the other and in order [P7]', async () => {
  let open = 0;
  await using bench = await connected((response) => {
    open += 1;
    assert.equal(open, 1);
    response.once('finish', () => (open -= 1));
    nodeWorld.timers.after(0, () => response.end(`${bench.begun.length};`));
  });
  bench.raw.write(ask.repeat(20));
  const received = await bench.raw.until((bytes) => bytes.includes('20;'));
  const bodies = received.toString().match(/\d+;/g);
  assert.deepEqual(
    bodies,
    Array.from({ length: 20 }, (_, index) => `${index + 1};`),
  );
});

test('inTurn holds one answer for a peer that asks and does not read [P7] [H14]', async () => {
  await using bench = await connected((response) => void response.write(Buffer.alloc(20_000_000)));
  bench.raw.socket.pause();
  bench.raw.write(ask.repeat(30));
  await until(() => bench.begun.length > 0);
  await turns(100);
  assert.equal(bench.begun.length, 1);
});

test('inTurn closes a connection that sends far too much ahead [P7] [H14]', async () => {
  await using bench = await connected(() => undefined);
  bench.raw.write(ask.repeat(100));
  await bench.raw.toEnd();
  assert.equal(bench.begun.length, 1);
  assert.equal(bench.broker.counters.refusals.get('limitReached'), 1);
});

test('inTurn begins nothing for a peer that has left', async () => {
  await using bench = await connected(() => undefined);
  bench.raw.write(ask.repeat(3));
  await until(() => bench.begun.length > 0);
  const [first] = bench.begun;
  assert(first !== undefined);
  bench.raw.socket.resetAndDestroy();
  await once(first, 'close');
  assert.equal(bench.begun.length, 1);
});
