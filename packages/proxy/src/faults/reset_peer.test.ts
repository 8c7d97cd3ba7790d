import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, Proxied, settle } from '../testing/proxied.ts';

test('reset_peer resets each connection its time after it came, also those of later', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [early] = await proxied.pair();
  proxy.add({ fault: 'reset_peer', timeoutMs: 300 });
  await proxied.virtual.advance(200);
  const [late, lateServer] = await proxied.pair();
  late.socket.write('not yet');
  await eventually(() => lateServer.received === 'not yet');
  await proxied.virtual.advance(100);
  await eventually(() => early.ended === 'reset');
  assert.equal(late.ended, 'no');
  await proxied.virtual.advance(200);
  await eventually(() => late.ended === 'reset' && lateServer.ended === 'reset');
  await eventually(() => proxy.counters.ends.cut === 2);
});

test('reset_peer spreads its resets by chance, the same in every run with the seed', async () => {
  const runs: number[][] = [];
  for (let run = 0; run < 2; run++) {
    await using proxied = new Proxied();
    const proxy = await proxied.start({ seed: 11 });
    proxy.add({ fault: 'reset_peer', timeoutMs: 500, jitterMs: 400 });
    for (let count = 0; count < 4; count++) await proxied.pair();
    const atMs: number[] = [];
    while (proxy.counters.open > 0) {
      await proxied.virtual.advance(10);
      await settle();
      while (atMs.length < proxy.counters.ends.cut) atMs.push(proxied.virtual.now);
    }
    runs.push(atMs);
  }
  assert.deepEqual(runs[0], runs[1]);
  assert.equal(new Set(runs[0]).size, 4, `all at once: ${String(runs[0])}`);
});

test('reset_peer that ended resets nobody', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client] = await proxied.pair();
  await proxy.remove(proxy.add({ fault: 'reset_peer', timeoutMs: 300 }));
  await proxied.virtual.advance(1_000);
  await settle();
  assert.equal(client.ended, 'no');

  proxy.add({ fault: 'reset_peer', timeoutMs: 300 });
  const waiting = proxied.virtual.pendingTimers;
  client.socket.resetAndDestroy();
  await eventually(() => proxy.counters.ends.clientReset === 1);
  assert.equal(proxied.virtual.pendingTimers, waiting - 2, 'timers wait for a connection that is gone');
});
