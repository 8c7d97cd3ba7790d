import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../seeded_random.ts';
import { eventually, Proxied } from '../testing/proxied.ts';
import { corrupt } from './corrupt.ts';

/** 10,000 zeros in chunks of this size, after the fault. */
function damaged(chunkBytes: number, seed = 7): Buffer {
  const place = { direction: 'up', random: seededRandom(seed) } as const;
  const stage = corrupt.stage?.({ fault: 'corrupt', everyBytes: 100 }, place);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < 10_000; at += chunkBytes) {
    const chunk = new Uint8Array(Math.min(chunkBytes, 10_000 - at));
    for (const piece of stage?.pieces?.(chunk) ?? []) parts.push(piece instanceof Uint8Array ? piece : assert.fail());
    assert.ok(
      chunk.every((byte) => byte === 0),
      'the array that came in was changed',
    );
  }
  return Buffer.concat(parts);
}

test('corrupt flips one bit in about so many bytes, wherever the chunks begin', () => {
  const bytes = damaged(10_000);
  const hit = [...bytes].filter((byte) => byte !== 0);
  assert.ok(hit.length > 60 && hit.length < 160, `${hit.length} bytes were hit`);
  assert.ok(hit.every((byte) => [1, 2, 4, 8, 16, 32, 64, 128].includes(byte)));
  for (const chunkBytes of [1, 7, 999]) assert.deepEqual(damaged(chunkBytes), bytes);
  assert.notDeepEqual(damaged(10_000, 8), bytes);
});

test('corrupt may damage every byte, and changes neither count nor order', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'corrupt', everyBytes: 1 }, { direction: 'up' });
  client.socket.end('all of it');
  await eventually(() => server.ended === 'fin');
  assert.equal(server.received.length, 9);
  for (let at = 0; at < 9; at++) assert.notEqual(server.received[at], 'all of it'[at]);
});
