import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, Proxied, settle } from '../testing/proxied.ts';

test('cut ends both sides, with a FIN or a reset, and lets new connections through', async () => {
  for (const how of ['fin', 'reset'] as const) {
    await using proxied = new Proxied();
    const proxy = await proxied.start();
    const [client, server] = await proxied.pair();
    proxy.cut(how);
    await eventually(() => client.ended === how && server.ended === how);
    const [next, nextServer] = await proxied.pair();
    next.socket.write('again');
    await eventually(() => nextServer.received === 'again');
    assert.deepEqual(proxy.counters.faults, { cut: 1 });
    await eventually(() => proxy.counters.ends.cut === 1);
  }
});

test('cut spares the connections that it is not meant for', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [first] = await proxied.pair();
  const [second] = await proxied.pair();
  const [third] = await proxied.pair();
  proxy.add({ fault: 'cut' }, { connections: { from: 2, to: 2 } });
  await eventually(() => second.ended === 'reset');
  proxy.add({ fault: 'cut' }, { connections: 3 });
  await eventually(() => third.ended === 'reset');
  proxy.add({ fault: 'cut' }, { toxicity: 0 });
  await settle();
  assert.equal(first.ended, 'no');
});
