import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import { MemoryStore } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { testLimits } from '@packetboat/core/testing';
import { silentLog } from '../server_log.ts';
import { startServer } from '../start_server.ts';
import type { WebhookOptions } from './webhook_target.ts';

/** A server that calls webhooks on loopback, and a receiver of them. */
async function bench(
  webhooks: WebhookOptions | undefined,
  receive: (request: IncomingMessage, response: ServerResponse) => void,
) {
  const limits = testLimits({ wakeRetryMs: 1 });
  const store = new MemoryStore({ world: nodeWorld, limits });
  const server = await startServer({
    store,
    world: nodeWorld,
    port: 0,
    limits,
    log: silentLog,
    ...(webhooks && { webhooks }),
  });
  const receiver = createServer(receive).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const address = receiver.address();
  assert(typeof address === 'object' && address !== null);
  return {
    server,
    hook: `http://127.0.0.1:${address.port}/hook`,
    async ask(method: string, path: string, body?: unknown) {
      const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
      const response = await fetch(`${server.url}/v1/stream/${path}`, {
        method,
        ...init,
        headers: { Connection: 'close' },
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text };
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await store.close();
      receiver.closeAllConnections();
      receiver.close();
    },
  };
}

test('subscription door: a webhook is called for a record that comes over HTTP, and shows its acks', async () => {
  const called = Promise.withResolvers<string>();
  await using tested = await bench({ loopback: true }, (request, response) => {
    called.resolve(String(request.headers['webhook-signature']));
    response.end('{"done":true}');
  });
  const wish = { type: 'webhook', pattern: '**', webhook: { url: tested.hook } };
  const created = await tested.ask('PUT', '__ds/subscriptions/s', wish);
  assert.equal(created.status, 201);
  assert.equal(created.headers.get('content-type'), 'application/json');
  assert.equal(created.headers.get('x-content-type-options'), 'nosniff');
  await tested.ask('PUT', 'a', 'first');
  assert.match(await called.promise, /^t=\d+,kid=ds_/);
  for (;;) {
    const { text } = await tested.ask('GET', '__ds/subscriptions/s');
    if (JSON.parse(text).streams[0]?.acked_offset.endsWith('_0000000000000001')) break;
  }
});

test('subscription door: no webhook is called unless the server was told to [P9]', async () => {
  await using tested = await bench(undefined, () => assert.fail('called'));
  const wish = { type: 'webhook', pattern: '**', webhook: { url: tested.hook } };
  const refused = await tested.ask('PUT', '__ds/subscriptions/s', wish);
  assert.equal(refused.status, 400);
  assert.equal(JSON.parse(refused.text).error.code, 'INVALID_REQUEST');
});

test('subscription door: a body over the limit is refused in the form of the protocol, and the server lives', async () => {
  await using tested = await bench(undefined, () => undefined);
  const refused = await tested.ask('PUT', '__ds/subscriptions/s', 'x'.repeat(100_000));
  assert.deepEqual([refused.status, JSON.parse(refused.text).error.code], [413, 'TOO_LARGE']);
  const head = await tested.ask('HEAD', '__ds/jwks.json');
  assert.deepEqual([head.status, head.text], [200, '']);
});

test('subscription door: reserved names are no streams, in no spelling', async () => {
  await using tested = await bench({ loopback: true }, () => undefined);
  const wish = { type: 'webhook', pattern: '**', webhook: { url: tested.hook } };
  await tested.ask('PUT', '__ds/subscriptions/s', wish);
  for (const path of ['%5f%5fds/subscriptions/s', '__ds%2Fsubscriptions%2Fs', '__ds', '_%5Fds/jwks.json']) {
    for (const method of ['GET', 'DELETE', 'PUT', 'POST']) {
      const { status } = await tested.ask(method, path, method === 'GET' ? undefined : '{}');
      assert.equal(status, 404, `${method} ${path}`);
    }
  }
  assert.equal((await tested.ask('GET', '__ds/subscriptions/s')).status, 200);
});

test('subscription door: a stop ends calls that are on their way, and the server is gone at once', async () => {
  const called = Promise.withResolvers<IncomingMessage>();
  await using tested = await bench({ loopback: true }, (request) => called.resolve(request));
  await tested.ask('PUT', '__ds/subscriptions/s', { type: 'webhook', pattern: '**', webhook: { url: tested.hook } });
  await tested.ask('PUT', 'a', 'first');
  const { socket } = await called.promise;
  await Promise.all([tested.server.stop(), once(socket, 'close')]);
});
