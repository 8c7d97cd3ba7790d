import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../seeded_random.ts';
import { eventually, Proxied, settle } from '../testing/proxied.ts';
import { slicer } from './slicer.ts';

function lengths(seed: number): number[] {
  const place = { direction: 'up', random: seededRandom(seed) } as const;
  const stage = slicer.stage?.({ fault: 'slicer', averageBytes: 10, variationBytes: 9 }, place);
  return [...(stage?.pieces?.(new Uint8Array(1_000)) ?? [])].map((piece) =>
    piece instanceof Uint8Array ? piece.length : assert.fail(),
  );
}

test('slicer cuts into slices of about its size, by chance, and loses nothing', () => {
  const cut = lengths(7);
  assert.equal(
    cut.reduce((sum, length) => sum + length),
    1_000,
  );
  assert.ok(cut.every((length) => length >= 1 && length <= 19));
  assert.ok(cut.length > 60 && cut.length < 160, `${cut.length} slices`);
  assert.deepEqual(cut, lengths(7));
  assert.notDeepEqual(cut, lengths(8));
});

test('slicer hands on one byte at a time, each after its delay', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'slicer', averageBytes: 1, delayUs: 2_000 });
  const chunks: number[] = [];
  server.socket.on('data', (bytes) => chunks.push(bytes.length));
  client.socket.write('slices');
  for (let arrived = 1; arrived <= 6; arrived++) {
    await eventually(() => server.received.length === arrived);
    await settle();
    assert.equal(server.received.length, arrived, 'a slice came too early');
    await proxied.virtual.advance(2);
  }
  assert.deepEqual(chunks, [1, 1, 1, 1, 1, 1]);
  assert.equal(server.received, 'slices');
});
