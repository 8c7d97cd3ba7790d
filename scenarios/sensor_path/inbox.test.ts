/** Both ways at once: samples to the server, orders to the device. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { PacketboatError } from '@packetboat/core';
import { ackOf, Harbour, interrupt, printed } from './harbour.ts';

/** No order was done yet. */
function none(error: unknown): undefined {
  assert.equal((error as PacketboatError).code, 'notFound');
}

test('sensor path: both ways over a link that is cut, the agent killed in between: samples arrive once, orders are handed over in order, the unfinished one again [C0.5] [P2] [P4] [F9]', async () => {
  await using harbour = await Harbour.open();
  const { url } = await harbour.serve();
  const proxy = await harbour.proxyTo(url);
  const client = await harbour.client(url);
  const orders = await client.producer('devices/valve/inbox', { create: true, contentType: 'text/plain' });
  const cursor = async () => (await client.cursors.get('devices/valve/inbox', 'agent').catch(none))?.offset ?? 0;
  const did = harbour.path('did');
  const hang = harbour.path('hang');
  // The third order takes as long as the first life: the agent is killed while it is at it.
  const handler = `
    read order
    if [ "$order" = third ] && [ ! -e ${hang} ]; then
      touch ${hang}
      while kill -0 $PPID; do sleep 0.05; done
      exit 1
    fi
    echo "$PACKETBOAT_OFFSET $order" >>${did}`;
  const start = () => {
    const args = ['agent', 'valve', '--spool', harbour.path('spool'), '--server', proxy.url, '--interval', '20ms'];
    return harbour.start([...args, '--inbox-command', handler]);
  };
  await orders.publish('first\n');
  const first = start();
  await printed(first, 5);
  await harbour.until(async () => (await cursor()) === 1);

  const down = proxy.add({ fault: 'down' });
  for (const order of ['second\n', 'third\n', 'fourth\n']) await orders.publish(order);
  await first.line(/retry in \d+ s/);
  await proxy.remove(down);
  await harbour.until(async () => (await cursor()) === 2);
  await printed(first, first.stdout.length + 5);
  await harbour.until(() => existsSync(hang));
  await first.end('SIGKILL');

  const second = start();
  await harbour.until(async () => (await cursor()) === 4);
  await printed(second, 5);
  await interrupt(second);
  assert.equal(readFileSync(did, 'utf8'), '0 first\n1 second\n2 third\n3 fourth\n');
  const stored = await harbour.read(url, 'sensors/valve');
  assert.deepEqual([...new Set([...first.stdout, ...second.stdout])], stored.map(ackOf));
  const { equal, complete } = await harbour.verify('valve', url);
  assert.deepEqual([equal, complete], [true, true]);
});
