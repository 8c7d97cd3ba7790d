import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../seeded_random.ts';
import { eventually, Proxied } from '../testing/proxied.ts';
import { limitData } from './limit_data.ts';

test('limit_data cuts after exactly its bytes, with a FIN or a reset, in mid-frame if it is there', async () => {
  for (const how of ['fin', 'reset'] as const) {
    for (const bytes of [0, 1, 7]) {
      await using proxied = new Proxied();
      const proxy = await proxied.start();
      proxy.add({ fault: 'limit_data', bytes, how }, { direction: 'up' });
      const [client, server] = await proxied.pair();
      client.socket.write('0123456789');
      await eventually(() => server.ended === how && client.ended === how);
      assert.equal(server.received, '0123456789'.slice(0, bytes));
      assert.equal(proxy.counters.passedBytes.up, bytes);
    }
  }
});

test('limit_data counts each connection for itself, over all its chunks', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  proxy.add({ fault: 'limit_data', bytes: 4 }, { direction: 'down' });
  for (let connection = 0; connection < 2; connection++) {
    const [client, server] = await proxied.pair();
    server.socket.write('123');
    await eventually(() => client.received === '123');
    assert.equal(client.ended, 'no');
    server.socket.write('456');
    await eventually(() => client.ended === 'fin');
    assert.equal(client.received, '1234');
  }
});

test('limit_data cuts when its last byte has passed, not at the next', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  proxy.add({ fault: 'limit_data', bytes: 4 }, { direction: 'up' });
  const [client, server] = await proxied.pair();
  client.socket.write('1234');
  await eventually(() => server.ended === 'fin');
  assert.equal(server.received, '1234');
});

test('limit_data spreads its cut by chance over the bytes that it was told', () => {
  const cuts = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    const place = { direction: 'up', random: seededRandom(seed) } as const;
    const stage = limitData.stage?.({ fault: 'limit_data', bytes: 10, spreadBytes: 3 }, place);
    const [passing, cut] = stage?.pieces?.(new Uint8Array(100)) ?? [];
    assert.deepEqual(cut, { cut: 'fin' });
    cuts.add(passing instanceof Uint8Array ? passing.length : -1);
  }
  assert.deepEqual(
    [...cuts].toSorted((left, right) => left - right),
    [10, 11, 12, 13],
  );
});
