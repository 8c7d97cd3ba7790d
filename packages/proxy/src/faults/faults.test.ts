import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../seeded_random.ts';
import { eventually, Proxied, settle } from '../testing/proxied.ts';
import { bandwidth } from './bandwidth.ts';
import { delay } from './delay.ts';

/** When three bytes leave that arrive 1 ms apart. */
function leaves(seed: number): unknown[] {
  const stage = delay.stage?.({ fault: 'delay', latencyMs: 50, jitterMs: 50 }, seededRandom(seed));
  return [1, 2, 3].map((arriveMs) => stage?.leaveMs?.(1, arriveMs));
}

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
  }
});

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

test('blackhole hides bytes, ends and resets until it ends', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  const [leaver, leaverServer] = await proxied.pair();
  const fault = proxy.add({ fault: 'blackhole' });
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

test('blackhole accepts new connections that the target never sees', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const fault = proxy.add({ fault: 'blackhole' });
  const client = proxied.client();
  client.socket.write('anybody?');
  await eventually(() => proxy.counters.swallowedBytes.up === 8);
  assert.equal(proxied.servers.length, 0);
  assert.equal(client.ended, 'no');
  await proxy.remove(fault);
  await eventually(() => client.ended === 'reset');
});

test('delay holds bytes and the end back for its latency', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'delay', latencyMs: 200 }, { direction: 'up' });
  client.socket.end('late');
  await eventually(() => proxied.virtual.pendingTimers === 1);
  await proxied.virtual.advance(199);
  await settle();
  assert.equal(server.received, '');
  await proxied.virtual.advance(1);
  await eventually(() => server.received === 'late' && server.ended === 'fin');
  server.socket.write('at once');
  await eventually(() => client.received === 'at once');
});

test('delay keeps the order whatever the jitter, and follows the seed', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'delay', latencyMs: 50, jitterMs: 50 }, { direction: 'up' });
  let sent = '';
  for (let index = 0; index < 20; index++) {
    client.socket.write(`${index},`);
    sent += `${index},`;
    await settle();
  }
  await proxied.virtual.advance(10_000);
  await eventually(() => server.received.length === sent.length);
  assert.equal(server.received, sent);

  assert.deepEqual(leaves(7), leaves(7));
  assert.notDeepEqual(leaves(7), leaves(8));
});

test('bandwidth lets through so many bytes a second, in small pieces', async () => {
  const stage = bandwidth.stage?.({ fault: 'bandwidth', bytesPerSecond: 8_000 }, () => 0);
  assert.equal(stage?.pieceBytesMax, 400);
  assert.deepEqual(
    [stage?.leaveMs?.(400, 0), stage?.leaveMs?.(400, 0), stage?.leaveMs?.(400, 5_000)],
    [50, 100, 5_050],
  );

  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'bandwidth', bytesPerSecond: 1_000, bufferBytes: 100_000 });
  client.socket.write('x'.repeat(2_000));
  await eventually(() => proxied.virtual.pendingTimers === 1);
  await proxied.virtual.advance(1_000);
  await eventually(() => server.received.length === 1_000);
  await proxied.virtual.advance(1_000);
  await eventually(() => server.received.length === 2_000);
});

test('bandwidth slows the sender down when its buffer is full', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'bandwidth', bytesPerSecond: 1_000_000, bufferBytes: 1_000 }, { direction: 'up' });
  const block = 'x'.repeat(1 << 20);
  for (let blocks = 0; blocks < 16; blocks++) client.socket.write(block);
  await settle();
  assert.ok(client.socket.writableLength > 0, 'the sender has written everything at once');
  for (let seconds = 0; server.received.length < 16 << 20; seconds++) {
    assert.ok(seconds < 60_000);
    await proxied.virtual.advance(1_000);
    await settle();
  }
  assert.equal(proxy.counters.passedBytes.up, 16 << 20);
});
