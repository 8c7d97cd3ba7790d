import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { VirtualWorld } from '@packetboat/core/testing';
import { startProxy } from './start_proxy.ts';
import { eventually, Proxied, settle } from './testing/proxied.ts';

const far = { host: '127.0.0.1', port: 1 };

test('startProxy hands bytes on in both directions and counts them', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  client.socket.write('up');
  await eventually(() => server.received === 'up');
  server.socket.write('down!');
  await eventually(() => client.received === 'down!');
  assert.deepEqual(proxy.counters.passedBytes, { up: 2, down: 5 });
  assert.equal(proxy.counters.connections, 1);
  assert.equal(proxy.counters.open, 1);
});

test('startProxy passes an end on while the other direction goes on', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  client.socket.end('last words');
  await eventually(() => server.ended === 'fin');
  assert.equal(server.received, 'last words');
  server.socket.end('answer');
  await eventually(() => client.ended === 'fin');
  assert.equal(client.received, 'answer');
  await eventually(() => proxy.counters.open === 0);
});

test('startProxy passes a reset on', async () => {
  await using proxied = new Proxied();
  await proxied.start();
  const [client, server] = await proxied.pair();
  client.socket.resetAndDestroy();
  await eventually(() => server.ended === 'reset');
});

test('startProxy closes the client when the target is unreachable', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start({ target: far });
  const client = proxied.client();
  await eventually(() => client.ended !== 'no' && proxy.counters.open === 0);
  assert.equal(proxy.counters.ends.unreachable, 1);
  const [, ended] = proxied.events;
  assert.ok(ended?.event === 'disconnected');
  assert.match(ended.why ?? '', /ECONNREFUSED/);
});

test('startProxy stops a sender whose receiver does not read, and loses nothing', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  server.socket.pause();
  const block = 'x'.repeat(1 << 20);
  let blocks = 0;
  while (client.socket.writableLength < 4 << 20) {
    client.socket.write(block);
    blocks += 1;
    await settle();
  }
  await settle();
  const passedBytes = proxy.counters.passedBytes.up;
  await settle();
  assert.equal(proxy.counters.passedBytes.up, passedBytes, 'the proxy goes on taking bytes that nobody reads');
  server.socket.resume();
  await eventually(() => server.received.length === blocks << 20);
});

test('stop frees the port at once', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client] = await proxied.pair();
  const { port } = proxy;
  await proxy.stop();
  await eventually(() => client.ended === 'reset');
  const again = await startProxy({ listen: { host: '127.0.0.1', port }, target: far, world: proxied.virtual.world });
  assert.equal(again.port, port);
  await again.stop();
  assert.equal(proxied.virtual.pendingTimers, 0);
});

test('startProxy says that the port is in use', async () => {
  await using proxied = new Proxied();
  const { port } = await proxied.start();
  const again = startProxy({ listen: { host: '127.0.0.1', port }, target: far, world: proxied.virtual.world });
  await assert.rejects(again, /Cannot listen on 127\.0\.0\.1:\d+: another program uses the port/);
});

test('startProxy refuses faults with options they do not have', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  assert.throws(() => proxy.add({ fault: 'latency', latencyMs: -1 }), /latencyMs of latency is -1, not an integer/);
  assert.deepEqual(proxy.counters.faults, {});
});

test('down refuses connections until it ends, on the same port', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const { port } = proxy;
  const [client] = await proxied.pair();
  const downs = [proxy.add({ fault: 'down' }), proxy.add({ fault: 'down' })] as const;
  await eventually(() => client.ended === 'reset');
  const refused = await new Promise<string>((resolve) =>
    connect(port, '127.0.0.1').on('error', (error) => resolve(String(error))),
  );
  assert.match(refused, /ECONNREFUSED/);
  await proxy.remove(downs[0]);
  assert.match(String(await new Promise((resolve) => connect(port, '127.0.0.1').on('error', resolve))), /ECONNREFUSED/);
  await proxy.remove(downs[1]);
  const [later, server] = await proxied.pair();
  later.socket.write('back');
  await eventually(() => server.received === 'back');
});

test('startProxy names faults and shows those that act; a name is there once', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const first = proxy.add({ fault: 'drop' }, { direction: 'up' });
  proxy.add({ fault: 'drop' }, { name: 'mine', connections: 3, toxicity: 0.5 });
  proxy.cut();
  assert.deepEqual(proxy.faults, [
    { name: 'drop_1', fault: { fault: 'drop' }, direction: 'up' },
    { name: 'mine', fault: { fault: 'drop' }, connections: 3, toxicity: 0.5 },
  ]);
  assert.throws(() => proxy.add({ fault: 'cut' }, { name: 'mine' }), /There is a fault "mine"/);
  await proxy.remove(first);
  await proxy.remove(first);
  assert.deepEqual(proxy.counters.faults, { drop: 2, cut: 1 });
  assert.deepEqual(
    proxied.events.map(({ event }) => event),
    ['faultBegan', 'faultBegan', 'faultBegan', 'faultEnded'],
  );
});

test('change lets a fault act with other options, and cuts nobody who lost something to it', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  const fault = proxy.add({ fault: 'timeout' }, { direction: 'up' });
  client.socket.write('lost');
  await eventually(() => proxy.counters.swallowedBytes.up === 4);
  const changed = await proxy.change(fault, { fault: 'timeout', timeoutMs: 100 });
  assert.deepEqual(proxy.faults, [changed]);
  await settle();
  assert.equal(client.ended, 'no');
  await proxied.virtual.advance(100);
  await eventually(() => client.ended === 'fin' && server.ended === 'fin');
  await assert.rejects(proxy.change(changed, { fault: 'timeout', timeoutMs: -1 }), /timeoutMs of timeout is -1, not/);
});

test('disable cuts and refuses, and enable lets connections in again, with the faults that were there', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const fault = proxy.add({ fault: 'latency', latencyMs: 10 });
  const [client] = await proxied.pair();
  proxy.disable();
  proxy.disable();
  await eventually(() => client.ended === 'reset');
  await eventually(() => proxy.counters.open === 0);
  assert.equal(proxy.enabled, false);
  await proxy.enable();
  await proxy.enable();
  await proxied.pair();
  assert.deepEqual(proxy.faults, [fault]);
});

test('move cuts connections and goes on at the new addresses; the schedule and what it has begun go on too', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client] = await proxied.pair();
  const run = proxy.run([
    { atMs: 0, forMs: 6_000, name: 'hole', fault: { fault: 'timeout' } },
    { atMs: 7_000, fault: { fault: 'cut' } },
  ]);
  await proxied.virtual.advance(2_000);
  const { host, port, target } = proxy;
  await proxy.move({ host, port: 0 }, { ...target, host: 'localhost' });
  await eventually(() => client.ended === 'reset');
  assert.notEqual(proxy.port, port);
  assert.deepEqual(
    proxy.faults.map(({ name }) => name),
    ['hole'],
  );
  await proxied.virtual.advance(4_000);
  assert.deepEqual(proxy.faults, []);
  const [later, server] = await proxied.pair();
  later.socket.write('ahoy');
  await eventually(() => server.received === 'ahoy');
  await proxied.virtual.advance(1_000);
  await eventually(() => later.ended === 'reset');
  await run.done;
  assert.equal(proxy.counters.connections, 2);
});

test('move changes nothing when it cannot listen there', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const { host, port, target } = proxy;
  const [client] = await proxied.pair();
  await assert.rejects(proxy.move(target, far), /another program uses the port/);
  await assert.rejects(proxy.move({ host, port }, { host, port }), /leads back to/);
  assert.deepEqual([proxy.host, proxy.port, proxy.target, client.ended], [host, port, target, 'no']);
  await proxied.pair();
});

test('move lets what keeps the port closed keep it closed', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const { host, target } = proxy;
  const down = proxy.add({ fault: 'down' });
  await proxy.move({ host, port: 0 }, target);
  assert.equal(proxy.port, 0);
  await proxy.remove(down);
  await proxied.pair();
});

test('startProxy refuses a target that leads back to it', async () => {
  const { world } = new VirtualWorld();
  const target = { host: '127.0.0.1', port: 49_342 };
  for (const host of ['127.0.0.1', 'localhost', '0.0.0.0']) {
    const started = startProxy({ listen: { ...target, host }, target, world });
    await assert.rejects(started, { code: 'badRequest', message: /^The target 127\.0\.0\.1:49342 leads back to / });
  }
});

test('stop ends schedules and faults, waits until every connection is closed, and leaves no timer', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  proxy.add({ fault: 'reorder' });
  proxied.client();
  await eventually(() => proxy.counters.open === 1);
  const run = proxy.run([
    { atMs: 5, fault: { fault: 'drop' } },
    { on: 'receipt', fault: { fault: 'drop' } },
  ]);
  await proxy.stop();
  await run.done;
  assert.equal(proxy.counters.ends.stopped, 1);
  assert.deepEqual([proxy.counters.open, proxy.faults.length, proxied.virtual.pendingTimers], [0, 0, 0]);
});

test('stop ends a schedule of which a step failed', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  proxy.add({ fault: 'drop' }, { name: 'taken' });
  const run = proxy.run([
    { atMs: 5, name: 'taken', fault: { fault: 'drop' } },
    { atMs: 10, name: 'next', fault: { fault: 'drop' } },
    { atMs: 15, fault: { fault: 'drop' } },
  ]);
  await proxied.virtual.advance(10);
  await assert.rejects(run.done, /There is a fault "taken"/);
  assert.deepEqual(
    proxy.faults.map(({ name }) => name),
    ['taken', 'next'],
  );
  await proxy.stop();
  assert.deepEqual([proxy.faults.length, proxied.virtual.pendingTimers], [0, 0]);
});

test('stop ends connections whose end is on its way: the system resets none of them', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  await proxied.pair();
  proxy.cut('fin');
  await proxy.stop();
  assert.equal(proxy.counters.open, 0);
});

test('two faults of one kind on one connection do not draw the same chance', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'corrupt', everyBytes: 1 }, { direction: 'up' });
  proxy.add({ fault: 'corrupt', everyBytes: 1 }, { direction: 'up' });
  client.socket.write(Buffer.alloc(100));
  await eventually(() => server.received.length === 100);
  assert.notEqual(server.received, '\0'.repeat(100), 'what one flipped, the other flipped back');
});
