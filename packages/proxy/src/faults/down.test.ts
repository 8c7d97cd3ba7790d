import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { eventually, Proxied } from '../testing/proxied.ts';

async function refusal(port: number): Promise<string> {
  const [error] = await once(connect(port, '127.0.0.1'), 'error').catch((reason: unknown) => [reason]);
  return String(error);
}

test('down refuses connections until it ends, on the same port', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const { port } = proxy;
  const [client] = await proxied.pair();
  const downs = [proxy.add({ fault: 'down' }), proxy.add({ fault: 'down' })] as const;
  await eventually(() => client.ended === 'reset');
  assert.match(await refusal(port), /ECONNREFUSED/);
  await proxy.remove(downs[0]);
  assert.match(await refusal(port), /ECONNREFUSED/);
  await proxy.remove(downs[1]);
  const [later, server] = await proxied.pair();
  later.socket.write('back');
  await eventually(() => server.received === 'back');
});

test('down goes on, and can be ended later, when somebody took the port meanwhile', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const fault = proxy.add({ fault: 'down' });
  const thief = createServer().listen(proxy.port, '127.0.0.1');
  await once(thief, 'listening');
  await assert.rejects(proxy.remove(fault), /another program uses the port/);
  assert.deepEqual(proxy.faults, [fault]);
  thief.close();
  await once(thief, 'close');
  await proxy.remove(fault);
  await proxied.pair();
});
