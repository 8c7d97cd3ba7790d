import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, Proxied, settle } from '../testing/proxied.ts';

test('slow_close lets bytes pass and the end of a connection come later', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'slow_close', delayMs: 1_000 });
  client.socket.end('last words');
  await eventually(() => server.received === 'last words');
  await proxied.virtual.advance(999);
  await settle();
  assert.equal(server.ended, 'no');
  await proxied.virtual.advance(1);
  await eventually(() => server.ended === 'fin');
});
