import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { type Doorkeeper, PortListener } from './port_listener.ts';

const doorkeeper: Doorkeeper = {
  connectionsMax: 1,
  accept: (client) => client.destroy(),
  refused: () => {},
};

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
  const listener = new PortListener({ host: '127.0.0.1', port: 0 }, doorkeeper);
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
  const listener = new PortListener({ host: '127.0.0.1', port }, doorkeeper);
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

test('PortListener closes connections above its bound, and tells of each', async () => {
  const accepted: Socket[] = [];
  let refusals = 0;
  const refused = (connectionsMax: number) => {
    assert.equal(connectionsMax, 2);
    refusals += 1;
  };
  const accept = (client: Socket) => void accepted.push(client);
  const listener = new PortListener({ host: '127.0.0.1', port: 0 }, { connectionsMax: 2, accept, refused });
  await listener.open();
  const { port, host } = listener;
  const sockets = Array.from({ length: 5 }, () => connect(port, host).on('error', () => {}));
  await Promise.all(sockets.slice(2).map((socket) => new Promise((resolve) => socket.resume().on('close', resolve))));
  assert.deepEqual([accepted.length, refusals], [2, 3]);
  for (const socket of [...sockets, ...accepted]) socket.destroy();
  listener.close();
});
