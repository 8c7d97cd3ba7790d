import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, Proxied, settle } from '../testing/proxied.ts';

test('reorder lets connections reach the target in another order, with all that they sent meanwhile', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  proxy.add({ fault: 'reorder', count: 3 });
  for (const name of ['first', 'second', 'third']) {
    await settle();
    assert.equal(proxied.servers.length, 0);
    proxied.client().socket.write(name);
  }
  await eventually(() => proxied.servers.length === 3 && proxied.servers.every(({ received }) => received !== ''));
  assert.deepEqual(
    proxied.servers.map(({ received }) => received),
    ['third', 'second', 'first'],
  );
});

test('reorder holds nobody for longer than it was told, nor when it ends, nor those who left', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const fault = proxy.add({ fault: 'reorder', holdMs: 500 });
  const alone = proxied.client();
  await eventually(() => proxy.counters.open === 1);
  await proxied.virtual.advance(499);
  await settle();
  assert.equal(proxied.servers.length, 0);
  await proxied.virtual.advance(1);
  await eventually(() => proxied.servers.length === 1);

  alone.socket.resetAndDestroy();
  const left = proxied.client();
  await eventually(() => proxy.counters.connections === 2);
  left.socket.resetAndDestroy();
  await eventually(() => proxy.counters.open === 0);
  proxied.client();
  await eventually(() => proxy.counters.open === 1);
  await proxy.remove(fault);
  await eventually(() => proxied.servers.length === 2);
});
