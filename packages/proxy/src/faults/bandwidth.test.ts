import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, oneTurn, Proxied, settle } from '../testing/proxied.ts';
import { bandwidth } from './bandwidth.ts';

test('bandwidth lets through so many bytes a second, in small pieces', async () => {
  const place = { direction: 'up', random: () => 0 } as const;
  const stage = bandwidth.stage?.({ fault: 'bandwidth', bytesPerSecond: 8_000 }, place);
  const pieces = [...(stage?.pieces?.(new Uint8Array(1_000)) ?? [])];
  assert.deepEqual(
    pieces.map((piece) => (piece instanceof Uint8Array ? piece.length : piece)),
    [400, 400, 200],
  );
  assert.deepEqual(
    [stage?.leaveMs?.(400, 0), stage?.leaveMs?.(400, 0), stage?.leaveMs?.(400, 5_000)],
    [50, 100, 5_050],
  );

  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'bandwidth', bytesPerSecond: 1_000, bufferBytes: 100_000 });
  client.socket.write('x'.repeat(2_000));
  await eventually(() => proxy.counters.heldBytes.up === 2_000);
  for (const arrived of [1_000, 2_000]) {
    for (let pieces50 = 0; pieces50 < 20; pieces50++) {
      await proxied.virtual.advance(50);
      await settle();
    }
    assert.equal(server.received.length, arrived);
  }
});

test('bandwidth slows the sender down when its buffer is full', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'bandwidth', bytesPerSecond: 1_000_000, bufferBytes: 1_000 }, { direction: 'up' });
  const block = 'x'.repeat(1 << 20);
  for (let blocks = 0; blocks < 8; blocks++) client.socket.write(block);
  await settle();
  assert.ok(client.socket.writableLength > 0, 'the sender has written everything at once');
  assert.ok(proxy.counters.heldBytes.up <= 1_000 + 65_536, 'more than one read is held');
  for (let turns = 0; server.received.length < 8 << 20; turns++) {
    assert.ok(turns < 60_000);
    await proxied.virtual.advance(50);
    await oneTurn();
  }
  assert.equal(proxy.counters.passedBytes.up, 8 << 20);
});
