import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../seeded_random.ts';
import { eventually, Proxied, settle } from '../testing/proxied.ts';
import { latency } from './latency.ts';

/** When three bytes leave that arrive 1 ms apart. */
function leaves(seed: number): unknown[] {
  const place = { direction: 'up', random: seededRandom(seed) } as const;
  const stage = latency.stage?.({ fault: 'latency', latencyMs: 50, jitterMs: 50 }, place);
  return [1, 2, 3].map((arriveMs) => stage?.leaveMs?.(1, arriveMs));
}

test('latency holds bytes and the end back', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'latency', latencyMs: 200 }, { direction: 'up' });
  client.socket.end('late');
  await eventually(() => proxy.counters.heldBytes.up === 4);
  await proxied.virtual.advance(199);
  await settle();
  assert.equal(server.received, '');
  await proxied.virtual.advance(1);
  await eventually(() => server.received === 'late' && server.ended === 'fin');
  server.socket.write('at once');
  await eventually(() => client.received === 'at once');
});

test('latency keeps the order whatever the jitter', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'latency', latencyMs: 50, jitterMs: 50 }, { direction: 'up' });
  let sent = '';
  for (let index = 0; index < 20; index++) {
    client.socket.write(`${index},`);
    sent += `${index},`;
    await settle();
  }
  for (let tenths = 0; tenths < 20; tenths++) {
    await proxied.virtual.advance(10);
    await settle();
  }
  await eventually(() => server.received.length === sent.length);
  assert.equal(server.received, sent);
});

test('latency draws its jitter from the seed, within its bounds', () => {
  assert.deepEqual(leaves(7), leaves(7));
  assert.notDeepEqual(leaves(7), leaves(8));
  for (let seed = 0; seed < 100; seed++) {
    for (const leaveMs of leaves(seed)) assert.ok(Number(leaveMs) >= 1 && Number(leaveMs) <= 103);
  }
});
