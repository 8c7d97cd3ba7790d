import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../seeded_random.ts';
import { eventually, Proxied } from '../testing/proxied.ts';
import { duplicate } from './duplicate.ts';

test('duplicate hands a piece on twice in a row', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'duplicate', percent: 100 });
  client.socket.write('twice');
  await eventually(() => server.received === 'twicetwice');
});

test('duplicate does so as often as it was told, by chance', () => {
  const place = { direction: 'up', random: seededRandom(7) } as const;
  const stage = duplicate.stage?.({ fault: 'duplicate', percent: 25 }, place);
  let pieces = 0;
  for (let chunk = 0; chunk < 1_000; chunk++) pieces += [...(stage?.pieces?.(new Uint8Array(1)) ?? [])].length;
  assert.ok(pieces > 1_180 && pieces < 1_320, `${pieces} pieces of 1,000`);
});
