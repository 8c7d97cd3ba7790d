import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from './fault_table.ts';
import { eventually, type Peer, Proxied, settle } from './testing/proxied.ts';

const faults: readonly Fault[] = [
  { fault: 'corrupt', everyBytes: 5 },
  { fault: 'slicer', averageBytes: 3, variationBytes: 2, delayUs: 1_000 },
  { fault: 'duplicate', percent: 40 },
  { fault: 'latency', latencyMs: 40, jitterMs: 40 },
  { fault: 'limit_data', bytes: 60, spreadBytes: 200, how: 'reset' },
];

async function send(client: Peer, what: string): Promise<void> {
  client.socket.write(what);
  await settle();
}

/** What the first server-side peers have got at each millisecond until both were cut. */
async function run(seed: number, secondFirst: boolean, noise: number): Promise<string[][]> {
  await using proxied = new Proxied();
  const proxy = await proxied.start({ seed });
  for (const fault of faults) proxy.add(fault, { direction: 'up' });
  const pairs = [await proxied.pair(), await proxied.pair()] as const;
  for (let extra = 0; extra < noise; extra++) {
    const [client] = await proxied.pair();
    client.socket.write('another connection has no part in it');
  }
  for (let chunk = 0; chunk < 20; chunk++) {
    const texts = [`first ${chunk} says so`, `second ${chunk}`] as const;
    for (const which of secondFirst ? ([1, 0] as const) : ([0, 1] as const)) await send(pairs[which][0], texts[which]);
  }
  const histories: string[][] = [[], []];
  for (let turn = 0; turn < 400 && pairs.some(([, server]) => server.ended === 'no'); turn++) {
    await proxied.virtual.advance(1);
    await settle();
    for (const [index, [, server]] of pairs.entries()) histories[index]?.push(`${server.received} ${server.ended}`);
  }
  await eventually(() => pairs.every(([, server]) => server.ended === 'reset'));
  return histories.map((history) => [...new Set(history)]);
}

test('the same seed and the same bytes in the same chunks: the same decisions, whatever other connections do', async () => {
  const first = await run(42, false, 0);
  assert.deepEqual(await run(42, false, 0), first);
  assert.deepEqual(await run(42, true, 2), first);
  const [left, right] = first;
  assert.notDeepEqual(left, right);
  assert.notDeepEqual(await run(43, false, 0), first);
});
