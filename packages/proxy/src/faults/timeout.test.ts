import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, Proxied, settle } from '../testing/proxied.ts';

test('timeout hides bytes, ends and resets until it ends', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  const [leaver, leaverServer] = await proxied.pair();
  const fault = proxy.add({ fault: 'timeout' });
  client.socket.end('gone');
  leaver.socket.resetAndDestroy();
  await eventually(() => proxy.counters.swallowedBytes.up === 4);
  await settle();
  assert.equal(server.ended, 'no');
  assert.equal(leaverServer.ended, 'no');
  await proxy.remove(fault);
  await eventually(() => server.ended === 'reset' && leaverServer.ended === 'reset');
  await eventually(() => proxy.counters.open === 0);
});

test('timeout accepts new connections that the target never sees', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const fault = proxy.add({ fault: 'timeout' });
  const client = proxied.client();
  client.socket.write('anybody?');
  await eventually(() => proxy.counters.swallowedBytes.up === 8);
  assert.equal(proxied.servers.length, 0);
  assert.equal(client.ended, 'no');
  await proxy.remove(fault);
  await eventually(() => client.ended === 'reset');
});

test('timeout ends connections with a FIN when its time is over, and in one direction hides that one only', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'timeout', timeoutMs: 500 }, { direction: 'down' });
  client.socket.write('request');
  await eventually(() => server.received === 'request');
  server.socket.write('response');
  await eventually(() => proxy.counters.swallowedBytes.down === 8);
  await proxied.virtual.advance(499);
  await settle();
  assert.equal(client.ended, 'no');
  await proxied.virtual.advance(1);
  await eventually(() => client.ended === 'fin' && server.ended === 'fin');
  await eventually(() => proxy.counters.ends.cut === 1);
});
