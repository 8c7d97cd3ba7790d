import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, Proxied, settle } from '../testing/proxied.ts';

test('half_open resets one side, and the other is not told until the fault ends', async () => {
  for (const gone of ['client', 'server'] as const) {
    await using proxied = new Proxied();
    const proxy = await proxied.start();
    const [client, server] = await proxied.pair();
    const fault = proxy.add({ fault: 'half_open', gone });
    const [left, stays] = gone === 'client' ? [client, server] : [server, client];
    await eventually(() => left.ended === 'reset');
    stays.socket.write('is anybody there?');
    await settle();
    assert.equal(stays.ended, 'no');
    assert.equal(proxy.counters.open, 1);
    await proxy.remove(fault);
    await eventually(() => stays.ended === 'reset' && proxy.counters.open === 0);
    await eventually(() => proxy.counters.ends.cut === 1);
  }
});
