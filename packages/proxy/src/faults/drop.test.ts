import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, Proxied } from '../testing/proxied.ts';

test('drop loses the bytes of its direction only, and connections that lost some are reset when it ends', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  const [idle, idleServer] = await proxied.pair();
  const fault = proxy.add({ fault: 'drop' }, { direction: 'down' });
  client.socket.write('request');
  await eventually(() => server.received === 'request');
  server.socket.write('response');
  await eventually(() => proxy.counters.swallowedBytes.down === 8);
  assert.equal(client.ended, 'no');
  await proxy.remove(fault);
  await eventually(() => client.ended === 'reset' && server.ended === 'reset');
  assert.equal(client.received, '');
  idleServer.socket.write('lost nothing');
  await eventually(() => idle.received === 'lost nothing');
});

test('drop passes the end of a connection on', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'drop' });
  client.socket.end('lost');
  await eventually(() => server.ended === 'fin');
  assert.equal(server.received, '');
});
