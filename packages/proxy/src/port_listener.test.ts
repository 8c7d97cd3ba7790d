import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { PortListener } from './port_listener.ts';

async function isOpen({ host, port }: PortListener): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test('PortListener is open when no reason against it is left, on the port that it got first', async () => {
  const listener = new PortListener({ host: '127.0.0.1', port: 0 }, (client) => client.destroy());
  await listener.open();
  const { port } = listener;
  listener.close();
  listener.close();
  await listener.open();
  assert.equal(await isOpen(listener), false);
  await listener.open();
  assert.equal(await isOpen(listener), true);
  assert.equal(listener.port, port);
  listener.close();
});

test('PortListener that could not listen has one reason against it, as before', async () => {
  const thief = createServer().listen(0, '127.0.0.1');
  await once(thief, 'listening');
  const { port } = thief.address() as { port: number };
  const listener = new PortListener({ host: '127.0.0.1', port }, (client) => client.destroy());
  await assert.rejects(listener.open(), /another program uses the port/);
  listener.close();
  thief.close();
  await once(thief, 'close');
  await listener.open();
  assert.equal(await isOpen(listener), false);
  await listener.open();
  assert.equal(await isOpen(listener), true);
  listener.close();
});
