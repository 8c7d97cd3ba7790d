import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Fault } from './fault_table.ts';
import { seededRandom } from './seeded_random.ts';
import { oneTurn, Proxied } from './testing/proxied.ts';

/** Faults that make bytes late, and nothing worse. */
const harmless: readonly Fault[] = [
  { fault: 'latency', latencyMs: 5, jitterMs: 5 },
  { fault: 'bandwidth', bytesPerSecond: 2_000_000, bufferBytes: 4_000 },
  { fault: 'slicer', averageBytes: 700, variationBytes: 699, delayUs: 100 },
  { fault: 'slow_close', delayMs: 20 },
  { fault: 'duplicate', percent: 0 },
  { fault: 'limit_data', bytes: 1e9 },
];

const digest = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex');

/** Sends bytes both ways while faults come and go; they all have to arrive, in order, and the ends behind them. */
async function transfer(seed: number): Promise<void> {
  const random = seededRandom(seed);
  await using proxied = new Proxied();
  const proxy = await proxied.start({ seed });
  const [client, server] = await proxied.pair();
  const sent = [client, server].map((peer) => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, () => Math.floor(random() * 256)));
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + Math.floor(random() * 20_000);
      peer.socket.write(bytes.subarray(at, at + length));
      at += length;
    }
    peer.socket.end();
    return bytes.toString('latin1');
  });
  for (let turn = 0; proxy.counters.open > 0; turn++) {
    assert.ok(turn < 20_000, 'it does not come to an end');
    const fault = harmless[Math.floor(random() * harmless.length)];
    const [oldest] = proxy.faults;
    if (fault !== undefined && random() < 0.3) proxy.add(fault, { direction: random() < 0.5 ? 'up' : 'down' });
    if (oldest !== undefined && random() < 0.3) await proxy.remove(oldest);
    await proxied.virtual.advance(1);
    await oneTurn();
  }
  while (client.ended === 'no' || server.ended === 'no') await oneTurn();
  assert.deepEqual([server.received, client.received].map(digest), sent.map(digest));
  assert.deepEqual([proxy.counters.ends.closed, client.ended, server.ended], [1, 'fin', 'fin'], `seed ${seed}`);
}

test('bytes arrive all and in order, and the ends behind them, while faults that only delay come and go', async () => {
  for (let seed = 1; seed <= 12; seed++) await transfer(seed);
});
