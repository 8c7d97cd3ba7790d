import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { eventually, type Peer, Proxied, settle } from './testing/proxied.ts';

const another = async (proxied: Proxied): Promise<void> => {
  const [client, server] = await proxied.pair();
  client.socket.write('alive');
  await eventually(() => server.received === 'alive');
};

/** Lets this much time pass, with everything that happens meanwhile. */
async function pass(proxied: Proxied, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await proxied.virtual.advance(1_000);
    await settle();
  }
}

test('proxy: upstream silent: it reads nothing and ends nothing: little is held, both sides are closed in time [H40]', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  server.socket.pause();
  while (client.socket.writableLength < 4 << 20) {
    client.socket.write(Buffer.alloc(1 << 20));
    await settle();
  }
  assert.ok(proxy.counters.heldBytes.up <= (1 << 20) + 65_536);
  await pass(proxied, 55);
  assert.equal(client.ended, 'no');
  await pass(proxied, 20);
  await eventually(() => client.ended === 'reset' && proxy.counters.ends.stuck === 1);
  assert.deepEqual(proxy.counters.heldBytes, { up: 0, down: 0 });
  await another(proxied);
});

test('proxy: upstream silent: it does not accept: counted as unreachable after 10 s, the client is reset [H40]', async () => {
  // A stopped process whose queue is full answers no SYN.
  const code =
    "require('net').createServer().listen({port: 0, host: '127.0.0.1', backlog: 1}, function () { console.log(this.address().port) })";
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = Number(String((await once(child.stdout, 'data'))[0]));
  child.kill('SIGSTOP');
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  try {
    await using proxied = new Proxied();
    await eventually(() => fillers.some(({ connecting }) => !connecting));
    await settle();
    const proxy = await proxied.start({ target: { host: '127.0.0.1', port } });
    const client = proxied.client();
    client.socket.write('anybody?');
    await eventually(() => proxy.counters.heldBytes.up === 8);
    await pass(proxied, 9);
    assert.equal(client.ended, 'no');
    await pass(proxied, 11);
    await eventually(() => client.ended === 'reset' && proxy.counters.ends.unreachable === 1);
    const last = proxied.events.at(-1);
    assert.ok(last?.event === 'disconnected' && last.why === 'no answer for 10 s');
  } finally {
    for (const filler of fillers) filler.destroy();
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('proxy: RST in mid-frame: the other side gets what came before it and is reset, counted by side [H40]', async () => {
  for (const side of ['client', 'server'] as const) {
    await using proxied = new Proxied();
    const proxy = await proxied.start();
    const [client, server] = await proxied.pair();
    const [breaks, hears]: Peer[] = side === 'client' ? [client, server] : [server, client];
    breaks?.socket.write(Buffer.from([0x82, 126, 1, 0, 65, 66]));
    await eventually(() => hears?.received.length === 6);
    breaks?.socket.resetAndDestroy();
    await eventually(() => hears?.ended === 'reset' && proxy.counters.open === 0);
    assert.equal(proxy.counters.ends[`${side}Reset`], 1);
    await another(proxied);
  }
});

test('proxy: 1 byte/s: the buffer stays small, a byte comes each second, a reset ends both sides at once [H40]', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  proxy.add({ fault: 'bandwidth', bytesPerSecond: 1, bufferBytes: 100 });
  for (let second = 1; second <= 70; second++) {
    client.socket.write('x');
    await eventually(() => proxy.counters.heldBytes.up === 1);
    await proxied.virtual.advance(1_000);
    await eventually(() => server.received.length === second);
  }
  server.socket.write('y'.repeat(50));
  await eventually(() => proxy.counters.heldBytes.down === 50);
  await pass(proxied, 3);
  assert.equal(client.received, 'yyy');
  client.socket.resetAndDestroy();
  await eventually(() => server.ended === 'reset' && proxy.counters.ends.clientReset === 1);
  assert.deepEqual(proxy.counters.heldBytes, { up: 0, down: 0 });
});

test('proxy: half-close: the other direction goes on; when nothing moves any more both sides are closed in time [H40]', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  client.socket.end('request');
  await eventually(() => server.ended === 'fin');
  for (let minute = 1; minute <= 3; minute++) {
    await pass(proxied, 40);
    server.socket.write('.');
    await eventually(() => client.received.length === minute);
  }
  await pass(proxied, 80);
  await eventually(() => client.ended === 'reset' && proxy.counters.open === 0);
  assert.equal(proxy.counters.ends.stuck, 1);
});

test('proxy: upstream silent: a cut with a FIN waits for what was written, but not for ever [H40]', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [client, server] = await proxied.pair();
  server.socket.pause();
  while (client.socket.writableLength < 4 << 20) {
    client.socket.write(Buffer.alloc(1 << 20));
    await settle();
  }
  proxy.cut('fin');
  await pass(proxied, 50);
  assert.equal(proxy.counters.open, 1);
  await pass(proxied, 25);
  assert.deepEqual([proxy.counters.open, proxy.counters.ends.cut], [0, 1]);
});

test('proxy: idle connections, and those that a fault holds, are left alone however long', async () => {
  await using proxied = new Proxied();
  const proxy = await proxied.start();
  const [idle, idleServer] = await proxied.pair();
  proxy.add({ fault: 'reorder', holdMs: 3_000_000 });
  const held = proxied.client();
  await eventually(() => proxy.counters.open === 2);
  proxy.add({ fault: 'slow_close', delayMs: 3_000_000 });
  idle.socket.end('soon over');
  await eventually(() => idleServer.received === 'soon over');
  for (let minute = 0; minute < 10; minute++) {
    await proxied.virtual.advance(60_000);
    await settle();
  }
  assert.equal(proxy.counters.open, 2);
  assert.equal(held.ended, 'no');
  assert.equal(idleServer.ended, 'no');
});
